# The program of the release's archive runs where it is unpacked, with its manual
# pages and completions. The image has only the program.
{
  lib,
  runCommand,
  archive,
  app-image,
  seen,
}:
let
  inherit (import ../sources.nix lib) manual;
in
runCommand "seen-archive" { } ''
  tar -xzf ${archive}
  cd seen-${seen.version}
  ./bin/seen --version | tee /dev/stderr | grep -F ${seen.version}
  diff <(ls share/man/man1) <(ls ${manual}/contrib/man)
  cmp share/bash-completion/completions/seen.bash ${manual}/contrib/completions/seen.bash
  cmp share/zsh/site-functions/_seen ${manual}/contrib/completions/_seen
  cmp share/fish/vendor_completions.d/seen.fish ${manual}/contrib/completions/seen.fish
  [ -s share/licenses/seen/LICENSE ]

  mkdir image
  tar -xzf ${app-image} -C image
  find image -name '*.tar' -exec tar -tf {} \; > files
  grep bin/seen files
  if grep share/ files; then
    echo "The image has files that belong only into the package." >&2
    exit 1
  fi
  touch $out
''
