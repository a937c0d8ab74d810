{
  description = "seen: a hit counter that you host yourself";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;

      # Linux has every output; a Mac has the program and the shell.
      linux = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      every = linux ++ [ "aarch64-darwin" ];

      on = systems: f: lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
    in
    {
      packages = on every (pkgs: import ./nix/packages.nix { inherit self pkgs; });

      apps = on linux (pkgs: import ./nix/apps.nix { inherit self pkgs; });

      devShells = on every (pkgs: {
        default = pkgs.callPackage ./nix/shell.nix { };
      });

      checks = on linux (pkgs: import ./nix/checks.nix { inherit self pkgs; });

      formatter = on every (pkgs: pkgs.nixfmt-tree);

      overlays.default = final: _: { seen = final.callPackage ./nix/package.nix { }; };

      nixosModules.default = ./nix/module.nix;
    };
}
