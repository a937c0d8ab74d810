# Only the program `seen`; on Linux one static file that refers to no other.
{
  lib,
  stdenv,
  callPackage,
  nukeReferences,
  static ? stdenv.hostPlatform.isLinux,
}:
let
  crate = callPackage ./crate.nix { inherit static; };
  inherit (crate) manifest;
in
crate.build (
  {
    profile = "release";
    src = (import ./sources.nix lib).program;

    nativeBuildInputs = lib.optional static nukeReferences;
    stripAllList = [ "bin" ];
    postFixup = lib.optionalString static (import ./static.nix "seen");

    meta = {
      inherit (manifest.package) description;
      homepage = manifest.package.repository;
      license = lib.licenses.mit;
      mainProgram = "seen";
      platforms = lib.platforms.unix;
    };
  }
  # Not even glibc's folder, which static glibc names (see ./static.nix).
  // lib.optionalAttrs static { allowedReferences = [ ]; }
)
