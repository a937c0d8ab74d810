# The packages that seen's flake uses and the lab's nixpkgs lacks: links to
# Debian's programs, or empty folders if Debian has none either.
lib: self: super:
let
  programs =
    name: names:
    self.runCommand name { meta.mainProgram = lib.head (names ++ [ name ]); } ''
      mkdir -p $out/bin
      for program in ${toString names}; do ln -s /usr/bin/$program $out/bin/; done
    '';
  # .ci/run installs these from crates.io.
  tool =
    name: program:
    self.runCommand name { } ''
      mkdir -p $out/bin
      ln -s /lab/tools/bin/${program} $out/bin/
    '';
in
{
  # Like nixpkgs' own, without the options that seen does not use.
  mkShell =
    { packages, ... }@arguments:
    self.stdenv.mkDerivation (
      {
        name = "nix-shell";
        nativeBuildInputs = packages;
        buildCommand = "export > $out";
      }
      // removeAttrs arguments [ "packages" ]
    );
  rustPlatform = super.rustPlatform // {
    rustLibSrc = self.runCommand "rust-lib-src" { } "mkdir $out";
  };
  testers = super.testers // {
    runNixOSTest = import ./nixos.nix lib self;
  };
  bashInteractive = programs "bash" [ "bash" ];

  docker-client = programs "docker-client" [ "docker" ];
  # Not /usr/bin/chromium, a script that reads files of /etc, which a sandbox lacks.
  chromium = self.runCommand "chromium" { } ''
    mkdir -p $out/bin
    ln -s /usr/lib/chromium/chromium $out/bin/
  '';
  chromedriver = programs "chromedriver" [ "chromedriver" ];
  nodejs = programs "nodejs" [ "node" ];
  dejavu_fonts = self.runCommand "dejavu-fonts" { } ''
    mkdir -p $out/share/fonts
    ln -s /usr/share/fonts/truetype/dejavu $out/share/fonts/truetype
  '';
  makeFontsConf = _: self.writeText "fonts.conf" (builtins.readFile ./fonts.conf);

  shellcheck = programs "shellcheck" [ "shellcheck" ];
  shellcheck-minimal = self.shellcheck // {
    compiler.bootstrapAvailable = true;
  };

  cargo-deny = tool "cargo-deny" "cargo-deny";
  deadnix = tool "deadnix" "deadnix";
  nixfmt = tool "nixfmt" "nixfmt";
  nixfmt-tree = tool "nixfmt-tree" "nixfmt";
}
// lib.genAttrs [ "cargo-nextest" "rust-analyzer" "statix" "wrk" ] (name: programs name [ ])
