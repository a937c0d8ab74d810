# For a postFixup with nukeReferences: rejects a program that is not static, and
# removes store paths from one that is. Static glibc names its own folder (for
# locales and plug-ins that a static program never loads), and Nix would copy
# that folder into the image.
program: ''
  if $READELF --program-headers "$out/bin/${program}" | grep INTERP >/dev/null; then
    echo "${program} is not static: it asks for a dynamic loader, which the image does not have." >&2
    echo "See nix/static.nix; RUSTFLAGS or REDIS_LDFLAGS may have been overridden." >&2
    exit 1
  fi
  nuke-refs "$out/bin/${program}"
''
