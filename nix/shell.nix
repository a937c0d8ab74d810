# `nix develop`: everything to build, test, measure and ship seen.
{
  lib,
  stdenv,
  mkShell,
  callPackage,
  rustPlatform,
  cargo,
  rustc,
  clippy,
  rustfmt,
  rust-analyzer,
  cargo-nextest,
  cargo-deny,
  redis,
  nodejs,
  python3,
  wrk,
  docker-client,
  skopeo,
  jq,
  nixfmt-tree,
  statix,
  deadnix,
  shellcheck,
}:
let
  # nixpkgs has Chromium for Linux alone; tests/get-browser gets one on a Mac.
  browser = lib.optionalAttrs stdenv.hostPlatform.isLinux (callPackage ./browser.nix { });
in
mkShell {
  packages = [
    cargo
    rustc
    clippy
    rustfmt
    rust-analyzer
    cargo-nextest
    cargo-deny
    # What the tests start beside seen.
    redis
    nodejs
    python3
    wrk
    # Docker's client brings Compose along; the engine is your machine's.
    docker-client
    skopeo
    jq
    # What CI holds Nix and shell files to.
    nixfmt-tree
    statix
    deadnix
    shellcheck
  ]
  ++ browser.packages or [ ];

  env = {
    # Where rust-analyzer finds the standard library.
    RUST_SRC_PATH = rustPlatform.rustLibSrc;
  }
  // browser.env or { };

  shellHook = ''
    if [ -t 2 ]; then
      echo "seen: cargo run --release starts it, cargo test tests it," >&2
      echo "nix build .#image && docker load < result && docker compose up ships it." >&2
    fi
  '';
}
