# Every dependency comes from crates.io and has a licence that deny.toml allows.
# .github/workflows/ asks for security advisories, which change from day to day.
{
  lib,
  crate,
  cargo-deny,
}:
crate.build {
  profile = "release";
  pname = "seen-deny";
  src = (import ../sources.nix lib).checked;
  nativeBuildInputs = [ cargo-deny ];
  buildPhase = "cargo deny --offline check bans licenses sources";
  installPhase = "touch $out";
  dontFixup = true;
}
