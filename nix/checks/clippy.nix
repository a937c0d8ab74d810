# Clippy finds nothing, neither in the program nor in the tests.
{
  lib,
  crate,
  clippy,
}:
crate.build {
  profile = "debug";
  pname = "seen-clippy";
  src = (import ../sources.nix lib).checked;
  nativeBuildInputs = [ clippy ];
  buildPhase = ''
    runHook preBuild
    cargo clippy --offline --target ${crate.target} --all-targets -- --deny warnings
  '';
  installPhase = "touch $out";
  dontFixup = true;
}
