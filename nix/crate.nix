# How everything here that cargo makes is built: the program, its tests, clippy.
# Their dependencies are compiled once for each profile and shared, so a change
# in src/ compiles seen alone.
#
# Static by glibc and not by musl, because nixpkgs' cached rustc serves for it:
# pkgsStatic would first compile rustc for an hour.
{
  lib,
  stdenv,
  rustPlatform,
  rustc,
  glibc,
  static ? stdenv.hostPlatform.isLinux,
}:
let
  manifest = lib.importTOML ../Cargo.toml;
  inherit (manifest.package) name rust-version;

  # What the dependencies and the program have in common; with any other flags
  # cargo would compile the dependencies again.
  common =
    profile:
    lib.throwIf (lib.versionOlder rustc.version rust-version)
      "seen needs Rust ${rust-version} or newer, and this nixpkgs has ${rustc.version}: use nixos-26.05 or newer."
      {
        inherit (manifest.package) version;
        cargoLock.lockFile = ../Cargo.lock;
        buildType = profile;
        env =
          lib.optionalAttrs static {
            # By RUSTFLAGS, which cargo gives only to what it compiles for the
            # target. As a build input, libc.a would come before libc.so in the
            # links of build scripts and proc-macros too, and they would crash
            # (NixOS/nixpkgs#59267).
            RUSTFLAGS = "-C target-feature=+crt-static -L native=${glibc.static}/lib";
          }
          // lib.optionalAttrs (profile == "debug") {
            # A third of the size, and nobody debugs in a sandbox.
            CARGO_PROFILE_DEV_DEBUG = "0";
          };
        # Without a sandbox a build has a folder of its own, and panic messages
        # name their source files. Not by RUSTFLAGS, which cargo hashes into the
        # names of symbols.
        preConfigure = ''
          export NIX_RUSTFLAGS="''${NIX_RUSTFLAGS-} --remap-path-prefix=$NIX_BUILD_TOP=/build"
          export NIX_CFLAGS_COMPILE="''${NIX_CFLAGS_COMPILE-} -ffile-prefix-map=$NIX_BUILD_TOP=/build"
        '';
        doCheck = false;
      };

  # The crates of Cargo.lock, compiled under an empty program with our manifest.
  dependencies =
    profile:
    rustPlatform.buildRustPackage (
      common profile
      // {
        pname = "${name}-dependencies-${profile}";
        src = (import ./sources.nix lib).manifest;
        postPatch =
          lib.concatMapStrings
            (file: ''
              mkdir -p ${dirOf file}
              echo 'fn main() {}' >${file}
            '')
            (
              [
                "build.rs"
                "src/main.rs"
              ]
              ++ map (target: target.path) (manifest.example or [ ] ++ manifest.bench or [ ])
            )
          + ''
            touch src/lib.rs
          '';
        # The tests' own crates as well, compiled to run and as clippy reads them.
        cargoBuildFlags = lib.optional (profile == "debug") "--tests";
        postBuild = lib.optionalString (profile == "debug") ''
          cargo check --offline --target ${target} --tests
        '';
        installPhase = ''
          find target \( -name '${name}-*' -o -name 'lib${name}-*' -o -name incremental \) -prune -exec rm -r {} +
          mkdir $out
          mv target $out/
        '';
        # Stripped, they would not be what cargo made.
        dontFixup = true;
      }
    );

  target = stdenv.hostPlatform.rust.rustcTargetSpec;
in
{
  inherit manifest target dependencies;

  # buildRustPackage, with the dependencies of the profile in place.
  build =
    { profile, ... }@attributes:
    rustPlatform.buildRustPackage (
      common profile
      // {
        pname = name;
        preBuild = ''
          cp -r ${dependencies profile}/target .
          chmod -R u+w target
          # All of one time, and younger than the crates' sources: else cargo
          # takes them for outdated.
          touch now
          find target -exec touch --no-dereference --reference now {} +
        '';
      }
      // removeAttrs attributes [ "profile" ]
      // {
        env = (common profile).env // attributes.env or { };
      }
    );
}
