# Every dependency has a licence that deny.toml allows and comes from crates.io.
# What was found in one since is asked by .github/workflows/, for it is news.
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
