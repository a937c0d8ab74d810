# The outputs of `nix build .#NAME`.
{ self, pkgs }:
let
  inherit (pkgs) lib callPackage;

  # Merges even a single image: otherwise the archive (though not the image) would
  # name the user who owns the store. dockerTools itself would pack with pigz in
  # independent blocks, which takes 1.5 % more.
  archiveOf =
    name: of:
    pkgs.runCommand "${name}.tar.gz" { } ''
      gzip -9 --no-name < ${pkgs.dockerTools.mergeImages of} > $out
    '';

  release = import ./release.nix lib;
  seen = callPackage ./package.nix { };
  inherit (seen) program;
  redis-server = callPackage ./redis.nix { };
  sbom = callPackage ./sbom.nix { inherit program redis-server release; };

  images = {
    seen = callPackage ./image.nix { inherit program release; };
    seen-redis = callPackage ./redis-image.nix { inherit redis-server release; };
  };

  # OCI's and Go's name of the architecture.
  architecture = pkgs.go.GOARCH;
in
{
  inherit seen;
  default = seen;
}
// lib.optionalAttrs pkgs.stdenv.hostPlatform.isLinux {
  inherit redis-server sbom;
  archive = callPackage ./archive.nix { inherit seen release; };

  # One archive, so that one `docker load` loads the whole stack.
  image = archiveOf "seen-images" [
    images.seen-redis
    images.seen
  ];
  app-image = archiveOf "seen-image" [ images.seen ];
  redis-image = archiveOf "seen-redis-image" [ images.seen-redis ];

  # For registries: the part for this architecture, which `nix run .#verify`
  # compares, and the whole, which needs a builder for the other architecture.
  "oci-${architecture}" = callPackage ./oci/platform.nix { inherit architecture images sbom; };
  oci = callPackage ./oci/index.nix {
    inherit release;
    platforms = [
      self.packages.x86_64-linux.oci-amd64
      self.packages.aarch64-linux.oci-arm64
    ];
  };
}
