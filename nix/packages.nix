# What `nix build .#NAME` builds.
{ self, pkgs }:
let
  inherit (pkgs) lib callPackage;
  inherit (pkgs.dockerTools) mergeImages;

  release = import ./release.nix lib;
  seen = callPackage ./package.nix { };
  inherit (seen) program;
  redis-server = callPackage ./redis.nix { };
  sbom = callPackage ./sbom.nix { inherit program redis-server release; };

  images = {
    seen = callPackage ./image.nix { inherit program release; };
    seen-redis = callPackage ./redis-image.nix { inherit redis-server release; };
  };

  # As OCI and Go name it.
  architecture = pkgs.go.GOARCH;
in
{
  inherit seen;
  default = seen;
}
// lib.optionalAttrs pkgs.stdenv.hostPlatform.isLinux {
  inherit redis-server sbom;
  archive = callPackage ./archive.nix { inherit seen release; };

  # One archive, so that one `docker load` brings the whole stack.
  image = mergeImages [
    images.seen-redis
    images.seen
  ];
  # Merged even where there is one: else the archive, though not the image in
  # it, names the user who owns the store.
  app-image = mergeImages [ images.seen ];
  redis-image = mergeImages [ images.seen-redis ];

  # For registries: this architecture's part, which `nix run .#verify` compares,
  # and the whole, which needs a builder for the other one.
  "oci-${architecture}" = callPackage ./oci/platform.nix { inherit architecture images sbom; };
  oci = callPackage ./oci/index.nix {
    inherit release;
    platforms = [
      self.packages.x86_64-linux.oci-amd64
      self.packages.aarch64-linux.oci-arm64
    ];
  };
}
