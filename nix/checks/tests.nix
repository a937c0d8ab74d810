# All tests but those in a browser, with a real Redis in the sandbox, against the static program.
{
  lib,
  seen,
  redis,
}:
seen.overrideAttrs {
  pname = "seen-tests";
  src = (import ../sources.nix lib).checked;
  nativeCheckInputs = [ redis ];
  # A sandbox has no browser; .ci/run has one.
  SEEN_TEST_BROWSER = "none";
  cargoCheckType = "debug";
  cargoTestFlags = [ ];
  dontBuild = true;
  installPhase = "touch $out";
  dontFixup = true;
}
