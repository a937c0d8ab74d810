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
  util-linux,
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
  # nixpkgs has Chromium only for Linux; on a Mac tests/get-browser installs one.
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
    # The tests start these.
    redis
    nodejs
    python3
    wrk
    # Docker's client with Compose; the engine is your machine's.
    docker-client
    skopeo
    jq
    # CI checks Nix and shell files with these.
    nixfmt-tree
    statix
    deadnix
    shellcheck
  ]
  # Tests mount small disks with its `unshare`.
  ++ lib.optional stdenv.hostPlatform.isLinux util-linux
  ++ browser.packages or [ ];

  env = {
    # rust-analyzer finds the standard library here.
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
