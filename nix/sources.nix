# The files of the repository that a build sees. A change to any other file
# rebuilds nothing.
lib:
let
  inherit (lib) fileset;
  of =
    files:
    fileset.toSource {
      root = ../.;
      fileset = fileset.unions files;
    };
  manifest = [
    ../Cargo.toml
    ../Cargo.lock
  ];
  crate = manifest ++ [
    ../build.rs
    ../src
    ../templates
  ];
in
{
  # The files that decide which dependencies are compiled, and how.
  manifest = of manifest;

  # The program, without documents, tests and Nix files.
  program = of crate;

  # Installed beside the program. tests/manual.rs makes these files from the
  # program's `--help` and checks them.
  manual = of [
    ../contrib/man
    ../contrib/completions
  ];

  # The files that the checks read.
  checked = of (
    crate
    ++ [
      ../.ci
      ../CHANGELOG.md
      ../CONTRIBUTING.md
      ../LICENSE
      ../README.md
      ../SECURITY.md
      ../clippy.toml
      ../compose.scale.yaml
      ../compose.yaml
      ../contrib
      ../docs
      ../examples
      ../flake.lock
      ../flake.nix
      ../fuzz/corpus
      ../nix
      ../tests
      (fileset.maybeMissing ../benches)
      (fileset.maybeMissing ../deny.toml)
      (fileset.maybeMissing ../rustfmt.toml)
    ]
  );
}
