# In place of testers.runNixOSTest, where there is no NixOS: each machine of the
# test is evaluated by nixpkgs' own module system, with the options of NixOS that
# nix/module.nix sets, and becomes its unit files. NOTHING IS STARTED.
lib: pkgs: test:
let
  inherit (lib) mkOption types;

  # Sections as nixos/lib/systemd-lib.nix writes them: a list is a line for each
  # of its values, so an empty one is no line.
  value = one: if lib.isBool one then lib.boolToString one else toString one;
  section =
    settings:
    lib.concatLines (
      lib.concatLists (
        lib.mapAttrsToList (name: values: map (one: "${name}=${value one}") (lib.toList values)) (
          lib.filterAttrs (_: values: values != null) settings
        )
      )
    );

  redis =
    { name, config, ... }:
    {
      freeformType = types.attrsOf types.anything;
      options = {
        enable = mkOption { type = types.bool; };
        port = mkOption {
          type = types.port;
          default = if name == "" then 6379 else 0;
        };
        user = mkOption { default = "redis-${name}"; };
        group = mkOption { default = config.user; };
        unixSocket = mkOption { default = "/run/redis-${name}/redis.sock"; };
      };
    };
  nixos.options = {
    networking.firewall.allowedTCPPorts = mkOption {
      type = types.listOf types.port;
      default = [ ];
    };
    services.redis.servers = mkOption {
      type = types.attrsOf (types.submodule redis);
      default = { };
    };
    systemd.services = mkOption {
      type = types.attrsOf (types.attrsOf types.anything);
      default = { };
    };
  };

  unit =
    name: service:
    # Without its context, or seen would be compiled once more to read its unit.
    pkgs.writeText "${name}.service" (
      builtins.unsafeDiscardStringContext ''
        [Unit]
        Description=${service.description}
        ${section (lib.mapAttrs (_: toString) (lib.getAttrs [ "wants" "after" "requires" ] service))}
        [Service]
        ${section {
          Environment = lib.mapAttrsToList (name: set: "\"${name}=${set}\"") service.environment;
        }}
        ${section service.serviceConfig}
      ''
    );
  evaluated = lib.mapAttrs (
    _: machine:
    (lib.evalModules {
      modules = [
        nixos
        machine
        { _module.args = { inherit pkgs; }; }
      ];
    }).config
  ) test.nodes;
in
pkgs.runCommand "vm-test-not-run-${test.name}"
  {
    testScript = pkgs.writeText "test.py" test.testScript;
    machines = pkgs.writeText "machines.json" (
      builtins.toJSON (
        lib.mapAttrs (_: config: {
          inherit (config.services) redis;
          inherit (config.networking) firewall;
        }) evaluated
      )
    );
  }
  ''
    mkdir $out
    cp $testScript $out/test.py
    cp $machines $out/machines.json
    ${lib.concatLines (
      lib.mapAttrsToList (
        machine: config:
        "mkdir $out/${machine}; cp ${unit "seen" config.systemd.services.seen} $out/${machine}/seen.service"
      ) evaluated
    )}
  ''
