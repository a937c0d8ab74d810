# The part of nixpkgs that seen's flake uses on aarch64-darwin. It is for
# evaluation only: its derivations have no builder. It shows that the flake has
# outputs for a Mac, and that these need nothing of Linux.
{ lib, lacking }:
let
  stub =
    attributes:
    let
      name = attributes.name or "${attributes.pname}-${attributes.version}";
    in
    derivation (
      {
        inherit name;
        system = "aarch64-darwin";
        builder = "/dev/null";
      }
      // lib.filterAttrs (_: value: lib.isDerivation value || lib.isString value) attributes
      // attributes.env or { }
      // {
        inputs = attributes.nativeBuildInputs or [ ];
      }
    )
    // {
      inherit (attributes) version;
      meta = attributes.meta or { };
      passthru = attributes.passthru or { };
    };
  package =
    name:
    stub {
      inherit name;
      version = "0";
    };

  stdenv = {
    hostPlatform = lib.systems.elaborate "aarch64-darwin";
    mkDerivation = attributes: stub ({ version = "0"; } // attributes);
  };
  linux = name: throw "${name} is for Linux, and an output for macOS asks for it";
  pkgs =
    lib.genAttrs [
      "cargo"
      "clippy"
      "jq"
      "redis"
      "rustfmt"
      "python3"
      "skopeo"
    ] package
    // lacking pkgs { }
    // {
      inherit lib stdenv;
      callPackage = lib.callPackageWith pkgs;
      runCommand =
        name: attributes: _:
        package name // { meta = attributes.meta or { }; };
      rustc = package "rustc" // {
        version = "1.95.0";
      };
      rustPlatform = {
        buildRustPackage = stub;
        rustLibSrc = package "rust-lib-src";
      };
      fetchurl = { url, ... }: package (baseNameOf url);
    }
    // lib.genAttrs [
      "glibc"
      "nukeReferences"
      "dockerTools"
      "cacert"
      "chromium"
      "chromedriver"
      "util-linux"
    ] linux;
in
pkgs
