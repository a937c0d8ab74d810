# All tests, with a real Redis and a real browser in the sandbox.
{
  lib,
  crate,
  redis,
  callPackage,
}:
let
  browser = callPackage ../browser.nix { };
in
crate.build {
  profile = "debug";
  pname = "seen-tests";
  src = (import ../sources.nix lib).checked;
  dontCargoBuild = true;
  buildPhase = "runHook preBuild";
  doCheck = true;
  cargoTestFlags = [ "--no-fail-fast" ];
  nativeCheckInputs = [ redis ] ++ browser.packages;
  env = browser.env // {
    SEEN_TEST_BROWSER_SANDBOX = "none";
    # Nix' sandbox allows no further namespaces.
    SEEN_TEST_NAMESPACES = "none";
  };
  # Chromium writes its profile and its crash reports there.
  preCheck = "export HOME=$TMPDIR";
  installPhase = "touch $out";
  dontFixup = true;
}
