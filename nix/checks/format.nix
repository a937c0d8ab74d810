# Rust and Nix files are formatted.
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
