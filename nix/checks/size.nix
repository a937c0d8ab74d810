# The archives stay below their promised sizes.
{
  runCommand,
  app-image,
  image,
}:
runCommand "seen-size" { } ''
  ceiling() {
    bytes=$(stat --dereference --format %s "$2")
    echo "$1: $bytes bytes of at most $3"
    if [ "$bytes" -gt "$3" ]; then
      echo "The archive of $1 has outgrown its ceiling in nix/checks/size.nix." >&2
      exit 1
    fi
  }
  ceiling app-image ${app-image} 4500000
  ceiling image ${image} 8000000
  touch $out
''
