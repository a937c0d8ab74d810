# For a postFixup with nukeReferences: refuses a program that is not static, and
# wipes the store paths out of one that is. A static glibc names its own folder
# (for locales and plug-ins that a static program never loads), and each name in
# the file would carry that folder into the image.
program: ''
  if $READELF --program-headers "$out/bin/${program}" | grep INTERP >/dev/null; then
    echo "${program} is not static: it asks for a dynamic loader, which the image does not have." >&2
    echo "See nix/static.nix; RUSTFLAGS or REDIS_LDFLAGS may have been overridden." >&2
    exit 1
  fi
  nuke-refs "$out/bin/${program}"
''
