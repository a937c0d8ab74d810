# `nix develop`: everything to build, test, measure and ship seen.
{
  mkShell,
  rustPlatform,
  cargo,
  rustc,
  clippy,
  rustfmt,
  rust-analyzer,
  cargo-nextest,
  redis,
  wrk,
  docker-client,
  nixfmt-tree,
  statix,
  deadnix,
  shellcheck,
}:
mkShell {
  packages = [
    cargo
    rustc
    clippy
    rustfmt
    rust-analyzer
    cargo-nextest
    redis
    wrk
    # Docker's client brings Compose along; the engine is your machine's.
    docker-client
    # What CI holds Nix and shell files to.
    nixfmt-tree
    statix
    deadnix
    shellcheck
  ];

  # Where rust-analyzer finds the standard library.
  RUST_SRC_PATH = rustPlatform.rustLibSrc;

  shellHook = ''
    if [ -t 2 ]; then
      echo "seen: cargo run --release starts it, cargo test tests it," >&2
      echo "nix build .#image && docker load < result && docker compose up ships it." >&2
    fi
  '';
}
