# Which files of the repository a build sees; a change to any other builds
# nothing.
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
  # What decides over the dependencies alone.
  manifest = of manifest;

  # The program, without documents, tests and Nix files.
  program = of crate;

  # What is installed beside the program: all of it made from its own `--help`,
  # and held to that by tests/manual.rs.
  manual = of [
    ../contrib/man
    ../contrib/completions
  ];

  # What the checks look at.
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
      ../nix
      ../tests
      (fileset.maybeMissing ../benches)
      (fileset.maybeMissing ../deny.toml)
      (fileset.maybeMissing ../rustfmt.toml)
    ]
  );
}
