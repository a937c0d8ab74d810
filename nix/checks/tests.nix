# All tests, with a real Redis and a real browser in the sandbox.
{
  lib,
  crate,
  redis,
  util-linux,
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
  # `unshare` mounts the small disks that tests fill.
  nativeCheckInputs = [
    redis
    util-linux
  ]
  ++ browser.packages;
  env = browser.env // {
    SEEN_TEST_BROWSER_SANDBOX = "none";
  };
  # Chromium writes its profile and its crash reports there.
  preCheck = "export HOME=$TMPDIR";
  installPhase = "touch $out";
  dontFixup = true;
}
