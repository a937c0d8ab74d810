# `nix flake check`: every file of ./checks, every package and every dev shell.
# A new one is gathered by itself and cannot be forgotten.
{ self, pkgs }:
let
  inherit (pkgs) lib;
  inherit (pkgs.stdenv.hostPlatform) system;
  packages = self.packages.${system};

  gather = kind: lib.mapAttrs' (name: lib.nameValuePair "${kind}-${name}");
  crate = pkgs.callPackage ./crate.nix { };
  call = lib.callPackageWith (pkgs // packages // { inherit crate; });
in
lib.mapAttrs' (
  file: _: lib.nameValuePair (lib.removeSuffix ".nix" file) (call (./checks + "/${file}") { })
) (builtins.readDir ./checks)
# `oci` needs a builder for the other architecture.
// gather "package" (
  removeAttrs packages [
    "default"
    "oci"
  ]
)
// gather "shell" self.devShells.${system}
