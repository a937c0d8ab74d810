# verify REF [SKOPEO-OPTION...]: compares a registry's image REF, such as
# ghcr.io/seen-counter/seen:0.1.0, with the one built here from these sources, for
# this machine's architecture. If they differ, shows the difference and exits with 1.
ref=${1:?Name the image: nix run .#verify REGISTRY/NAMESPACE/NAME:TAG}
shift
there=$(mktemp -d)
trap 'rm -rf "$there"' EXIT
raw() { skopeo inspect --raw "$@"; }

raw "$@" "docker://$ref" >"$there/index"
digest=$(jq --raw-output --arg architecture "$architecture" \
  '.manifests[]? | select(.platform.os == "linux" and .platform.architecture == $architecture) | .digest' "$there/index")
repository=${ref%%@*}
case ${repository##*/} in *:*) repository=${repository%:*} ;; esac
if [ -n "$digest" ]; then
  raw "$@" "docker://$repository@$digest" >"$there/manifest"
else
  # One image without an index.
  digest=sha256:$(sha256sum <"$there/index" | cut -d ' ' -f 1)
  cp "$there/index" "$there/manifest"
fi

skopeo inspect --config --raw "$@" "docker://$repository@$digest" >"$there/config"
name=$(jq --raw-output '.config.Labels["org.opencontainers.image.title"] // "seen"' "$there/config")
[ -e "$layout/$name.json" ] || { echo "$ref calls itself $name; these sources build no such image." >&2; exit 1; }
built=$(jq --raw-output '.[0].digest' "$layout/$name.json")

if [ "$digest" = "$built" ]; then
  echo "equal: $ref for linux/$architecture is $built, as built here"
  exit 0
fi

echo "DIFFERENT: $ref for linux/$architecture is $digest, and $built was built here" >&2
blob() { echo "$layout/blobs/sha256/${1#sha256:}"; }
manifest=$(blob "$built")
diff --unified --label there --label here <(jq --sort-keys . "$there/config") \
  <(jq --sort-keys . "$(blob "$(jq --raw-output .config.digest "$manifest")")") || true
skopeo --insecure-policy copy --quiet "${@/#--/--src-}" "docker://$repository@$digest" "dir:$there/image"
diff --unified --label 'layers there' --label 'layers here' \
  <(jq --raw-output '.layers[].digest' "$there/manifest") <(jq --raw-output '.layers[].digest' "$manifest") || true
# unpack FOLDER BLOB...: unpacks each layer over the one before, as an engine does.
unpack() {
  local folder=$1 layer
  mkdir -p "$folder"
  for layer in "${@:2}"; do
    # tar recognises zstd and gzip by itself.
    tar --extract --file "$layer" --directory "$folder" --no-same-owner --delay-directory-restore 2>/dev/null ||
      tar --extract --gzip --file "$layer" --directory "$folder" --no-same-owner
  done
  chmod -R u+w "$folder"
}
mapfile -t layers < <(jq --raw-output '.layers[].digest' "$there/manifest")
unpack "$there/there" "${layers[@]/#sha256:/$there/image/}"
mapfile -t layers < <(jq --raw-output '.layers[].digest' "$manifest")
unpack "$there/here" "${layers[@]/#sha256:/$layout/blobs/sha256/}"
(cd "$there" && diff --recursive --no-dereference there here) || true
exit 1
