# The program `seen`; on Linux one static file that refers to no other.
#
# Static by glibc and not by musl, because nixpkgs' cached rustc serves for it:
# pkgsStatic would first compile rustc for an hour.
{
  lib,
  stdenv,
  rustPlatform,
  glibc,
  nukeReferences,
  static ? stdenv.hostPlatform.isLinux,
}:
let
  manifest = lib.importTOML ../Cargo.toml;
in
rustPlatform.buildRustPackage (
  {
    pname = manifest.package.name;
    inherit (manifest.package) version;

    src = (import ./sources.nix lib).program;
    cargoLock.lockFile = ../Cargo.lock;

    buildInputs = lib.optional static glibc.static;
    nativeBuildInputs = lib.optional static nukeReferences;
    env = lib.optionalAttrs static { RUSTFLAGS = "-C target-feature=+crt-static"; };
    stripAllList = [ "bin" ];

    # The unit tests. Those of tests/ want a Redis: nix/checks/tests.nix.
    cargoTestFlags = [ "--lib" ];

    postFixup = lib.optionalString static (import ./static.nix "seen");

    meta = {
      inherit (manifest.package) description;
      homepage = manifest.package.repository;
      license = lib.licenses.mit;
      mainProgram = "seen";
      platforms = lib.platforms.unix;
    };
  }
  # Not even glibc's own folder, which a static glibc still names.
  // lib.optionalAttrs static { allowedReferences = [ ]; }
)
