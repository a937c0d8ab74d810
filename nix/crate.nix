# Builds everything that cargo makes: the program, its tests, clippy. They share
# dependencies that are compiled once for each profile, so a change in src/
# compiles only seen.
#
# Static with glibc and not with musl, because nixpkgs' cached rustc can do that:
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

  # The dependencies and the program need the same flags, or cargo would compile
  # the dependencies again.
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
            # In RUSTFLAGS, which cargo uses only for the target. As a build
            # input, libc.a would come before libc.so when build scripts and
            # proc-macros are linked too, and they would crash
            # (NixOS/nixpkgs#59267).
            RUSTFLAGS = "-C target-feature=+crt-static -L native=${glibc.static}/lib";
            # The table of addresses to adjust at the start, in a hundredth of the
            # bytes. A linker that cannot do this warns and does not.
            NIX_LDFLAGS = "-zpack-relative-relocs";
          }
          // lib.optionalAttrs (profile == "debug") {
            # A third of the size; nobody debugs in a sandbox.
            CARGO_PROFILE_DEV_DEBUG = "0";
          };
        # Without a sandbox every build has another folder. Cargo recompiles a crate
        # whose path has changed, so it reads the crates from the store. Panic messages
        # contain source paths: they name neither folder. Not in RUSTFLAGS, which cargo
        # hashes into symbols.
        preConfigure = ''
          sed -i "s|^directory = .*|directory = \"$cargoDeps\"|" "$NIX_BUILD_TOP/.cargo/config.toml"
          for renamed in "$NIX_BUILD_TOP=/build" "$cargoDeps=/crates"; do
            NIX_RUSTFLAGS="''${NIX_RUSTFLAGS-} --remap-path-prefix=$renamed"
            NIX_CFLAGS_COMPILE="''${NIX_CFLAGS_COMPILE-} -ffile-prefix-map=$renamed"
          done
          export NIX_RUSTFLAGS NIX_CFLAGS_COMPILE
        '';
        doCheck = false;
      };

  # The crates of Cargo.lock, compiled with our manifest and an empty program.
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
        # The tests' crates too, compiled to run and checked for clippy.
        cargoBuildFlags = lib.optional (profile == "debug") "--tests";
        postBuild = lib.optionalString (profile == "debug") ''
          cargo check --offline --target ${target} --tests
        '';
        installPhase = ''
          find target \( -name '${name}-*' -o -name 'lib${name}-*' -o -name incremental \) -prune -exec rm -r {} +
          mkdir $out
          mv target $out/
        '';
        # Cargo would not recognise them if they were stripped.
        dontFixup = true;
      }
    );

  target = stdenv.hostPlatform.rust.rustcTargetSpec;
in
{
  inherit manifest target dependencies;

  # buildRustPackage with the profile's compiled dependencies.
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
