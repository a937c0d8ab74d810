# push REGISTRY/NAMESPACE [SKOPEO-OPTION...]: pushes both images byte by byte as
# they were built, and checks that the registry has them under their digests. Log
# in first: `skopeo login REGISTRY`.
to=${1:?Name the target: nix run .#push REGISTRY/NAMESPACE}
shift
for name in seen seen-redis; do
  digest=$(sed -n "s/ $name:$version$//p" "$layout/digests")
  skopeo --insecure-policy copy --all --preserve-digests "$@" \
    "oci:$layout:$name" "docker://$to/$name:$version"
  # Under this digest the registry has the image or nothing.
  found=sha256:$(skopeo inspect --raw "${@/#--dest-/--}" "docker://$to/$name@$digest" | sha256sum | cut -d ' ' -f 1)
  [ "$found" = "$digest" ] || { echo "The registry has $found and not $digest." >&2; exit 1; }
  echo "$to/$name:$version@$digest"
done
