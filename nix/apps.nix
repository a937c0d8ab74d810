# The programs of `nix run .#NAME`, besides seen itself.
{ self, pkgs }:
let
  inherit (pkgs) lib;
  packages = self.packages.${pkgs.stdenv.hostPlatform.system};
  release = import ./release.nix lib;
  architecture = pkgs.go.GOARCH;
  here = packages."oci-${architecture}";

  app = name: description: inputs: text: {
    type = "app";
    program = lib.getExe (
      pkgs.writeShellApplication {
        name = "seen-${name}";
        runtimeInputs = inputs;
        inherit text;
      }
    );
    meta = { inherit description; };
  };
  script =
    file: variables:
    lib.concatLines (lib.mapAttrsToList lib.toShellVar variables) + builtins.readFile file;
in
{
  load = app "load" "Load both images into Docker or Podman" [ ] (
    script ./apps/load.sh { archive = "${packages.image}"; }
  );
  push =
    app "push" "Push both images to a registry under the digests that were built" [ pkgs.skopeo ]
      (
        script ./apps/push.sh {
          layout = "${packages.oci}";
          inherit (release) version;
        }
      );
  verify =
    app "verify" "Build an image and compare it with the one in a registry"
      [
        pkgs.skopeo
        pkgs.jq
        pkgs.diffutils
      ]
      (
        script ./apps/verify.sh {
          layout = "${here}";
          inherit architecture;
        }
      );
}
