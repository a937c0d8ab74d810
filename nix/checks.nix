# `nix flake check` builds every file of ./checks, every package and every dev
# shell. It finds them by itself, so nobody can forget a new one.
{ self, pkgs }:
let
  inherit (pkgs) lib;
  inherit (pkgs.stdenv.hostPlatform) system;
  packages = self.packages.${system};

  gather = kind: lib.mapAttrs' (name: lib.nameValuePair "${kind}-${name}");
  # Linked as `cargo test` links in a dev shell: some tests preload a library into seen, which a
  # static program ignores. The packages and the images are built by a crate of their own.
  crate = pkgs.callPackage ./crate.nix { static = false; };
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
