# push REGISTRY/NAMESPACE [SKOPEO-OPTION...]: pushes both images, every byte as
# it was built, and sees to it that the registry has them under their digests.
# Log in first: `skopeo login REGISTRY`.
to=${1:?Say where to: nix run .#push REGISTRY/NAMESPACE}
shift
for name in seen seen-redis; do
  digest=$(sed -n "s/ $name:$version$//p" "$layout/digests")
  skopeo --insecure-policy copy --all --preserve-digests "$@" \
    "oci:$layout:$name" "docker://$to/$name:$version"
  # Asked for by its digest, the registry gives this or nothing.
  found=sha256:$(skopeo inspect --raw "${@/#--dest-/--}" "docker://$to/$name@$digest" | sha256sum | cut -d ' ' -f 1)
  [ "$found" = "$digest" ] || { echo "The registry has $found and not $digest." >&2; exit 1; }
  echo "$to/$name:$version@$digest"
done
