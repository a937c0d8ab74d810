# The SBOM of each image in CycloneDX: NAME.cdx.json for `seen` and `seen-redis`.
# It lists the crates that cargo-auditable wrote into the program, and so neither
# build-time nor unused crates.
{
  lib,
  stdenv,
  runCommandCC,
  writeText,
  jq,
  pigz,
  cacert,
  glibc,
  rustc,
  program,
  redis-server,
  release,
}:
let
  component =
    type: name: version: licence: more:
    {
      inherit type name version;
      bom-ref = "${name}@${version}";
      licenses = [ { expression = licence; } ];
    }
    // more;
  from = url: {
    externalReferences = [
      {
        type = "source-distribution";
        inherit url;
      }
    ];
  };

  libc = component "library" "glibc" glibc.version "LGPL-2.1-or-later" (
    from "https://ftp.gnu.org/gnu/glibc/" // { purl = "pkg:generic/glibc@${glibc.version}"; }
  );
  libgcc = component "library" "libgcc" stdenv.cc.version "GPL-3.0-or-later WITH GCC-exception-3.1" (
    from "https://ftp.gnu.org/gnu/gcc/" // { purl = "pkg:generic/gcc@${stdenv.cc.version}"; }
  );
  std = component "library" "rust-std" rustc.version "MIT OR Apache-2.0" (
    from "https://static.rust-lang.org/dist/rustc-${rustc.version}-src.tar.xz"
    // {
      purl = "pkg:generic/rust-std@${rustc.version}";
    }
  );
  certificates = component "data" "mozilla-ca-certificates" cacert.version or "0" "MPL-2.0" (
    from "https://github.com/NixOS/nixpkgs/tree/master/pkgs/by-name/ca/cacert" // { }
  );
  redis = component "application" "redis" redis-server.version "AGPL-3.0-only" (
    from (redis-server.src.url or redis-server.meta.homepage)
    // {
      purl = "pkg:github/redis/redis@${redis-server.version}";
      description = "with its own copies of hiredis, linenoise, Lua, hdr_histogram, fpconv and xxHash";
    }
  );

  bom =
    main: components:
    writeText "bom.json" (
      builtins.toJSON {
        bomFormat = "CycloneDX";
        specVersion = "1.6";
        version = 1;
        metadata = {
          timestamp = release.created;
          component = main;
        };
        inherit components;
      }
    );
in
runCommandCC "seen-sbom-${release.version}"
  {
    nativeBuildInputs = [
      jq
      pigz
    ];
  }
  ''
    mkdir $out
    # The section that cargo-auditable writes: JSON, packed by zlib.
    $OBJCOPY --dump-section .dep-v0=section ${lib.getExe program} /dev/null
    pigz --decompress --stdout < section > crates

    # Their licences are in their manifests alone.
    jq --raw-output '.packages[] | select(.kind != "build" and .source == "crates.io") | "\(.name) \(.version)"' crates |
      while read -r name version; do
        licence=$(sed -n 's/^license = "\(.*\)"$/\1/p' ${program.cargoDeps}/$name-$version/Cargo.toml | head -n 1)
        # The older way to say OR.
        jq --null-input --arg name "$name" --arg version "$version" --arg licence "''${licence//\// OR }" '{
          type: "library", name: $name, version: $version, "bom-ref": "\($name)@\($version)",
          purl: "pkg:cargo/\($name)@\($version)"
        } + if $licence == "" then {} else {licenses: [{expression: $licence}]} end'
      done | jq --slurp . > components
    [ "$(jq length components)" -gt 50 ]

    jq --sort-keys --compact-output --slurpfile crates components '.components += $crates[0]' \
      ${
        bom
          (component "application" release.package.name release.version release.package.license {
            purl = "pkg:cargo/${release.package.name}@${release.version}";
          })
          [
            std
            libc
            libgcc
            certificates
          ]
      } > $out/seen.cdx.json
    jq --sort-keys --compact-output . ${
      bom redis [
        libc
        libgcc
      ]
    } > $out/seen-redis.cdx.json
  ''
