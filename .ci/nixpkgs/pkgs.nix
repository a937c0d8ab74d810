# The packages of nixpkgs that the flake calls. What Debian has is an empty
# package here: the sandbox shows builds /usr (see .ci/root).
system:
let
  lib = import ./lib.nix;
  inherit (lib) makeOverridable;

  cpu = builtins.head (builtins.split "-" system);
  isLinux = builtins.match ".*-linux" system != null;

  # What the builder knows as variables; stdenv/build has the phases.
  mkDerivation =
    arguments:
    let
      attributes = if builtins.isFunction arguments then arguments attributes else arguments;
      plain = removeAttrs attributes [
        "env"
        "meta"
        "passthru"
      ];
      name = attributes.name or "${attributes.pname}-${attributes.version}";
    in
    derivation (
      plain
      // attributes.env or { }
      // {
        inherit name system;
        builder = "/bin/bash";
        args = [
          "-e"
          "${./stdenv}/build"
        ];
        # `nix develop` asks for these two.
        outputs = [ "out" ];
        stdenv = ./stdenv;
      }
    )
    // {
      inherit (attributes) meta;
    }
    // attributes.passthru or { }
    // removeAttrs plain [
      "name"
      "allowedReferences"
    ]
    // {
      inherit name;
      overrideAttrs =
        change:
        mkDerivation (attributes // (if builtins.isFunction change then change attributes else change));
    };

  stdenv = {
    mkDerivation = arguments: mkDerivation ({ meta = { }; } // arguments);
    hostPlatform = {
      inherit system isLinux;
      isStatic = false;
      rust.rustcTarget = "${cpu}-unknown-linux-gnu";
    };
  };

  runCommand =
    name: attributes: buildCommand:
    stdenv.mkDerivation ({ inherit name buildCommand; } // attributes);

  # Something that Debian or the Rust toolchain has in place.
  present = name: runCommand name { } "mkdir $out";
  pkgs = {
    inherit lib stdenv runCommand;
    callPackage = lib.callPackageWith pkgs;

    stdenvAdapters.makeStaticBinaries =
      stdenv:
      stdenv
      // {
        mkDerivation = arguments: stdenv.mkDerivation (arguments // { NIX_CFLAGS_LINK = "-static"; });
        hostPlatform = stdenv.hostPlatform // {
          isStatic = true;
        };
      };

    rustPlatform = {
      rustLibSrc = present "rust-lib-src";
      buildRustPackage =
        { cargoLock, ... }@arguments:
        stdenv.mkDerivation (
          {
            cargoLockFile = cargoLock.lockFile;
            cargoTarget = stdenv.hostPlatform.rust.rustcTarget;
            doCheck = true;
            postUnpack = ''
              cmp "$cargoLockFile" Cargo.lock
              mkdir -p .cargo
              {
                echo '[source.crates-io]'
                echo 'replace-with = "vendored"'
                echo '[source.vendored]'
                echo 'directory = "/lab/crates"'
              } >> .cargo/config.toml
            '';
            # Stripping is the fixup phase's, as in nixpkgs.
            buildPhase = ''
              CARGO_PROFILE_RELEASE_STRIP=false cargo build -j "$NIX_BUILD_CORES" \
                --target "$cargoTarget" --offline --profile release
            '';
            checkPhase = ''
              profile=''${cargoCheckType-release}
              [ "$profile" != debug ] || profile=dev
              cargo test -j "$NIX_BUILD_CORES" --profile "$profile" \
                --target "$cargoTarget" --offline ''${cargoTestFlags-}
            '';
            installPhase = ''
              mkdir -p $out/bin
              find "target/$cargoTarget/release" -maxdepth 1 -type f -executable \
                -exec cp -t $out/bin {} +
            '';
          }
          // removeAttrs arguments [ "cargoLock" ]
        );
    };

    # Debian's own server where any will do. A static one is built from the
    # source that Debian ships, which .ci/images lays beside this file.
    redis = makeOverridable (
      {
        stdenv,
        withSystemd ? true,
        tlsSupport ? true,
        useSystemJemalloc ? true,
      }:
      let
        tarball = builtins.head (builtins.attrNames (builtins.readDir ./redis));
      in
      stdenv.mkDerivation (
        {
          pname = "redis";
          version = builtins.head (builtins.match "redis_([0-9.]+)\\.orig.*" tarball);
          nativeBuildInputs = [ ];
        }
        // (
          if stdenv.hostPlatform.isStatic then
            assert !withSystemd && !tlsSupport && !useSystemJemalloc;
            {
              src = ./redis + "/${tarball}";
              installPhase = ''
                make -j "$NIX_BUILD_CORES" install PREFIX="$out" LDFLAGS="$NIX_CFLAGS_LINK"
              '';
            }
          else
            {
              buildCommand = ''
                mkdir -p $out/bin
                ln -s /usr/bin/redis-server /usr/bin/redis-cli $out/bin
              '';
            }
        )
      )
    ) { inherit stdenv; };

    # Mozilla's certificates, from Debian's package.
    cacert = runCommand "cacert" { } ''
      mkdir -p $out/etc/ssl/certs
      cat /usr/share/ca-certificates/mozilla/*.crt > $out/etc/ssl/certs/ca-bundle.crt
    '';

    nukeReferences = runCommand "nuke-references" { } ''
      mkdir -p $out/bin
      {
        echo '#!/bin/bash'
        echo 'exec perl -pi -e "s|/nix/store/[a-z0-9]{32}-|/nix/store/${
          builtins.concatStringsSep "" (builtins.genList (_: "e") 32)
        }-|g" "$@"'
      } > $out/bin/nuke-refs
      chmod +x $out/bin/nuke-refs
    '';

    dockerTools = {
      buildLayeredImage =
        {
          name,
          tag,
          contents,
          config,
          fakeRootCommands ? "",
        }:
        runCommand "${name}.tar.gz" {
          inherit contents fakeRootCommands;
          # Nix' sandbox knows no other users; nixpkgs patches fakeroot for it.
          FAKEROOTDONTTRYCHOWN = 1;
          exportReferencesGraph = builtins.concatMap (content: [
            "closure-${builtins.baseNameOf "${content}"}"
            content
          ]) contents;
          image = builtins.toJSON {
            inherit config;
            repo_tag = "${name}:${tag}";
            architecture = if cpu == "x86_64" then "amd64" else "arm64";
          };
          passAsFile = [ "image" ];
        } "fakeroot python3 ${./image.py} | pigz -p$NIX_BUILD_CORES -nTR > $out";

      mergeImages =
        images:
        runCommand "merge-docker-images" { inherit images; } ''
          mkdir all
          for image in $images; do
            mkdir one
            pigz -d < $image | tar -xC one
            cat one/manifest.json >> manifests
            cp -R one/. all
            rm -r one
          done
          jq -s add manifests > all/manifest.json
          # nixpkgs writes this too; Docker reads manifest.json.
          echo null > all/repositories
          tar -C all --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 -c . |
            pigz -p$NIX_BUILD_CORES -nTR > $out
        '';
    };

    mkShell =
      { packages, ... }@arguments:
      stdenv.mkDerivation (
        {
          name = "nix-shell";
          nativeBuildInputs = packages;
          buildCommand = "mkdir $out";
        }
        // removeAttrs arguments [ "packages" ]
      );
  }
  // lib.genAttrs [
    "cargo"
    "cargo-nextest"
    "clippy"
    "deadnix"
    "docker-client"
    "nixfmt-tree"
    "rust-analyzer"
    "rustc"
    "rustfmt"
    "shellcheck"
    "statix"
    "wrk"
  ] present
  // {
    glibc.static = present "glibc-static";
    # From crates.io; .ci/run installs it.
    nixfmt = runCommand "nixfmt" { } "mkdir -p $out/bin; ln -s /lab/tools/nixfmt $out/bin";
    bashInteractive = runCommand "bash" { } "mkdir -p $out/bin; ln -s /bin/bash $out/bin";
  };
in
pkgs
