# The images of one architecture as blobs of an OCI layout, each with its SBOM;
# ./index.nix joins two of these. NAME.json lists the descriptors of an image.
#
# The SBOM is attached as BuildKit attaches it, by a manifest of the platform
# "unknown" that names the image's manifest. So it is part of the index, is copied
# with it, and `docker buildx imagetools inspect` finds it:
# https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md
{
  lib,
  runCommand,
  jq,
  architecture,
  # The archives of dockerTools by name.
  images,
  sbom,
}:
runCommand "seen-oci-${architecture}" { nativeBuildInputs = [ jq ]; } ''
  blobs=$out/blobs/sha256
  mkdir -p $blobs

  # blob FILE TYPE: keeps FILE under its digest and prints its descriptor.
  blob() {
    local digest size
    digest=$(sha256sum < "$1" | cut -d ' ' -f 1)
    size=$(stat -c %s "$1")
    mv "$1" "$blobs/$digest"
    jq -ncS --arg type "application/$2" --arg digest "sha256:$digest" --argjson size "$size" \
      '{mediaType: $type, digest: $digest, size: $size}'
  }
  # manifest: of the file `config` and the descriptors in the file `layers`.
  manifest() {
    blob config vnd.oci.image.config.v1+json > config.descriptor
    jq -ncS --slurpfile config config.descriptor --slurpfile layers layers \
      '{schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config: $config[0], layers: $layers}' > manifest
    blob manifest vnd.oci.image.manifest.v1+json
  }

  # image NAME ARCHIVE
  image() {
    mkdir "$1"
    tar -xf "$2" -C "$1"
    jq -cS . "$1/$(jq -r '.[0].Config' "$1/manifest.json")" > config
    [ "$(jq -r .architecture config)" = ${architecture} ]
    : > layers
    for layer in $(jq -r '.[0].Layers[]' "$1/manifest.json"); do
      gzip -9 --no-name < "$1/$layer" > layer
      blob layer vnd.oci.image.layer.v1.tar+gzip >> layers
    done
    manifest | jq -cS '. + {platform: {os: "linux", architecture: "${architecture}"}}' > image.descriptor
    digest=$(jq -r .digest image.descriptor)

    jq -ncS --arg name "$1" --arg digest "''${digest#sha256:}" --slurpfile bom "${sbom}/$1.cdx.json" \
      '{_type: "https://in-toto.io/Statement/v1", subject: [{name: $name, digest: {sha256: $digest}}],
        predicateType: "https://cyclonedx.org/bom", predicate: $bom[0]}' > statement
    jq -ncS --arg diff "sha256:$(sha256sum < statement | cut -d ' ' -f 1)" \
      '{architecture: "unknown", os: "unknown", config: {}, rootfs: {type: "layers", diff_ids: [$diff]}}' > config
    blob statement vnd.in-toto+json |
      jq -cS '. + {annotations: {"in-toto.io/predicate-type": "https://cyclonedx.org/bom"}}' > layers
    manifest | jq -cS --arg digest "$digest" '. + {platform: {os: "unknown", architecture: "unknown"},
      annotations: {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": $digest}}' > sbom.descriptor

    jq -cS --slurp . image.descriptor sbom.descriptor > "$out/$1.json"
  }
  ${lib.concatStrings (lib.mapAttrsToList (name: archive: "image ${name} ${archive}\n") images)}
''
