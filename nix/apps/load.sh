# load [docker|podman]: loads both images.
engine=${1:-docker}
command -v "$engine" >/dev/null || { echo "There is no $engine on this machine." >&2; exit 1; }
"$engine" load <"$archive"
