# What `nix build .#NAME` builds.
pkgs:
let
  inherit (pkgs) lib callPackage;

  seen = callPackage ./package.nix { };
  app-image = callPackage ./image.nix { inherit seen; };
  redis-image = callPackage ./redis-image.nix { inherit (seen) version; };
in
{
  inherit seen;
  default = seen;
}
// lib.optionalAttrs pkgs.stdenv.hostPlatform.isLinux {
  inherit app-image redis-image;
  # One archive, so that one `docker load` brings the whole stack.
  image = pkgs.dockerTools.mergeImages [
    redis-image
    app-image
  ];
}
