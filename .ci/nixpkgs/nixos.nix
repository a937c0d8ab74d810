# Replaces testers.runNixOSTest, since there is no NixOS here: nixpkgs' own module
# system evaluates each machine of the test, with the NixOS options that
# nix/module.nix sets, and the result is its unit file. NOTHING IS STARTED.
lib: pkgs: test:
let
  inherit (lib) mkOption types;

  # Sections as nixos/lib/systemd-lib.nix writes them: one line for each value of
  # a list, so none for an empty list.
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
    # Drops the string context, or reading the unit would compile seen once more.
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
