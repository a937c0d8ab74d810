# compose.yaml starts the images of this version, and no others.
{
  lib,
  runCommand,
  seen,
}:
runCommand "seen-compose" { } ''
  grep -oE 'image: .*' ${(import ../sources.nix lib).checked}/compose.yaml | sort > images
  printf 'image: %s\n' seen-redis:${seen.version} seen:${seen.version} | sort | diff images - || {
    echo "The tags in compose.yaml are not the version in Cargo.toml, ${seen.version}." >&2
    exit 1
  }
  touch $out
''
