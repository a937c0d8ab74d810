# Rust and Nix files are as their formatters write them.
{
  lib,
  runCommand,
  cargo,
  rustfmt,
  nixfmt,
}:
runCommand "seen-format"
  {
    nativeBuildInputs = [
      cargo
      rustfmt
      nixfmt
    ];
  }
  ''
    cd ${(import ../sources.nix lib).checked}
    cargo fmt --check
    find . -name '*.nix' -exec nixfmt --check {} +
    touch $out
  ''
