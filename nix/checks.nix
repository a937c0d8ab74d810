# `nix flake check` builds every file of ./checks, every package and every dev
# shell. It finds them by itself, so nobody can forget a new one.
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
