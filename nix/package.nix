# The package `seen`: the program, its manual pages, and completions for three
# shells. Images use ./program.nix and so contain only the program.
{
  lib,
  stdenv,
  callPackage,
  runCommand,
  static ? stdenv.hostPlatform.isLinux,
}:
let
  program = callPackage ./program.nix { inherit static; };
  inherit (import ./sources.nix lib) manual;
in
runCommand "seen-${program.version}"
  (
    {
      pname = "seen";
      inherit (program) version meta;
      passthru = { inherit program; };
    }
    // lib.optionalAttrs static { allowedReferences = [ ]; }
  )
  ''
    mkdir $out
    cp -r ${program}/bin $out/
    install -D -m 644 -t $out/share/man/man1 ${manual}/contrib/man/*.1
    cd ${manual}/contrib/completions
    install -D -m 644 seen.bash $out/share/bash-completion/completions/seen.bash
    install -D -m 644 seen.fish $out/share/fish/vendor_completions.d/seen.fish
    install -D -m 644 _seen $out/share/zsh/site-functions/_seen
  ''
