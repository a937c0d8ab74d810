# nixpkgs for machines that reach no Nix binary cache. It completes the lab's
# (../shared/lab, whose README says which parts are nixpkgs' own and which are
# Debian's): .ci/images puts ./corepkgs, ./nix-lib and the lab's stages.nix and
# overlay.nix beside this file.
#
# x86_64-linux can be built. aarch64-linux is evaluated by the same nixpkgs, on
# its own bootstrap, and aarch64-darwin, which the lab lacks, by ./darwin.nix. If
# ./arm.nix is true, aarch64-linux is instead this machine's programs under that
# name, to build an image index of two architectures.
{
  outputs =
    _:
    let
      lib = import ./corepkgs/lib.nix;
      lacking = import ./lacking.nix lib;
      lab =
        overlays:
        import ./corepkgs {
          localSystem.system = "x86_64-linux";
          stdenvStages = import ./stages.nix;
          overlays = [
            (import ./overlay.nix)
            (import ./here.nix lib)
            lacking
          ]
          ++ overlays;
        };
    in
    {
      inherit lib;
      legacyPackages = {
        x86_64-linux = lab [ ];
        aarch64-linux =
          if import ./arm.nix then
            lab [
              (_: super: {
                go = super.go // {
                  GOARCH = "arm64";
                };
              })
            ]
          else
            import ./corepkgs {
              localSystem.system = "aarch64-linux";
              overlays = [
                lacking
                # Its own Rust is too old for seen, and nothing is built with it.
                (_: super: {
                  rustc = super.rustc // {
                    version = "1.95.0";
                  };
                })
              ];
            };
        aarch64-darwin = import ./darwin.nix { inherit lib lacking; };
      };
    };
}
