# `nix flake check`: every file of ./checks, every package and every dev shell.
# A new one is gathered by itself and cannot be forgotten.
{ self, pkgs }:
let
  inherit (pkgs) lib;
  inherit (pkgs.stdenv.hostPlatform) system;
  packages = self.packages.${system};

  gather = kind: lib.mapAttrs' (name: lib.nameValuePair "${kind}-${name}");
  call = lib.callPackageWith (pkgs // packages);
in
lib.mapAttrs' (
  file: _: lib.nameValuePair (lib.removeSuffix ".nix" file) (call (./checks + "/${file}") { })
) (builtins.readDir ./checks)
// gather "package" packages
// gather "shell" self.devShells.${system}
