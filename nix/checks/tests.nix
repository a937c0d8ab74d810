# All tests, with a real Redis in the sandbox, against the static program.
{
  lib,
  seen,
  redis,
}:
seen.overrideAttrs {
  pname = "seen-tests";
  src = (import ../sources.nix lib).checked;
  nativeCheckInputs = [ redis ];
  cargoCheckType = "debug";
  cargoTestFlags = [ ];
  dontBuild = true;
  installPhase = "touch $out";
  dontFixup = true;
}
