# The OCI layout for registries: `seen` and `seen-redis`, each an index over both
# architectures. The file `digests` has their digests, which a registry shows
# after `skopeo copy --all --preserve-digests`.
{
  lib,
  runCommand,
  jq,
  release,
  # ./platform.nix of each architecture.
  platforms,
}:
runCommand "seen-oci-${release.version}" { nativeBuildInputs = [ jq ]; } ''
  blobs=$out/blobs/sha256
  mkdir -p $blobs
  for platform in ${toString platforms}; do
    cp --no-clobber $platform/blobs/sha256/* $blobs/
  done
  for name in seen seen-redis; do
    jq -cS --slurp '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
        manifests: (add | sort_by(.platform.os, .platform.architecture, .annotations["vnd.docker.reference.digest"]))}' \
      ${lib.concatMapStringsSep " " (platform: "${platform}/$name.json") platforms} > index
    digest=$(sha256sum < index | cut -d ' ' -f 1)
    jq -ncS --arg name "$name" --arg digest "sha256:$digest" --argjson size "$(stat -c %s index)" \
      '{mediaType: "application/vnd.oci.image.index.v1+json", digest: $digest, size: $size,
        annotations: {"org.opencontainers.image.ref.name": $name}}' >> entries
    echo "sha256:$digest $name:${release.version}" >> $out/digests
    mv index $blobs/$digest
  done
  jq -cS --slurp '{schemaVersion: 2, manifests: .}' entries > $out/index.json
  echo -n '{"imageLayoutVersion":"1.0.0"}' > $out/oci-layout
''
