# The NixOS module has an option for every setting of the program.
{
  lib,
  runCommand,
  seen,
}:
let
  variable = flag: "SEEN_" + lib.toUpper (lib.replaceStrings [ "-" ] [ "_" ] flag);
  # The token is a secret and belongs in environmentFile.
  flags = builtins.attrNames (import ../settings.nix lib);
in
runCommand "seen-settings" { } ''
  ${lib.getExe seen} serve --help | grep -o 'SEEN_[A-Z_]*' | grep -vx SEEN_TOKEN | sort -u > program
  printf '%s\n' ${toString (map variable flags)} | sort -u | diff program - || {
    echo "nix/settings.nix and 'seen serve --help' name different settings." >&2
    exit 1
  }
  touch $out
''
