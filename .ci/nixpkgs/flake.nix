# A stand-in for nixpkgs, for machines that reach no Nix binary cache: it offers
# what this repository's flake calls, and no more, on Debian 13's tools and the
# machine's own Rust toolchain. .ci/checks hands it to Nix in nixpkgs' place, by
# a lock file made with `--override-input nixpkgs`.
#
# A run on it proves, with real Nix and a real Docker engine:
#   * flake.nix and nix/*.nix evaluate, and every file that they name is there;
#   * the crate builds offline in Nix' sandbox, from Cargo.lock's crates alone,
#     to a static program that refers to nothing in the store;
#   * that it builds to the same bytes again, and at another path;
#   * a change to the documents rebuilds nothing;
#   * the images load, start, are what they say, and stay below their ceilings.
#
# It does not prove that nixpkgs' own builders do the same: their compiler,
# glibc and Redis are of other versions, and the archive is packed by image.py
# here (to the format of nixpkgs' dockerTools), so its digest is not the one
# that a user's machine gets. The NixOS module only parses on it. For that side
# the flake is evaluated by hand against nixpkgs' code.
{
  outputs = _: {
    lib = import ./lib.nix;
    legacyPackages = (import ./lib.nix).genAttrs [
      "x86_64-linux"
      "aarch64-linux"
      "aarch64-darwin"
    ] (import ./pkgs.nix);
  };
}
