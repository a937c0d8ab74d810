# Clippy finds nothing, in the tests neither.
{
  lib,
  seen,
  clippy,
}:
# Not static, because only builds for a target keep that flag from build scripts.
(seen.override { static = false; }).overrideAttrs (old: {
  pname = "seen-clippy";
  src = (import ../sources.nix lib).checked;
  nativeBuildInputs = old.nativeBuildInputs ++ [ clippy ];
  buildPhase = "cargo clippy --offline --all-targets -- --deny warnings";
  doCheck = false;
  installPhase = "touch $out";
  dontFixup = true;
})
