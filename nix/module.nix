# `services.seen` for NixOS.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) types mkIf mkOption;
  cfg = config.services.seen;

  variable = flag: "SEEN_" + lib.toUpper (lib.replaceStrings [ "-" ] [ "_" ] flag);
  text = value: if lib.isBool value then lib.boolToString value else toString value;
  host = if lib.hasInfix ":" cfg.address then "[${cfg.address}]" else cfg.address;

  redis = config.services.redis.servers.seen;
in
{
  options.services.seen = {
    enable = lib.mkEnableOption "seen, a hit counter";

    package = mkOption {
      type = types.package;
      # Not static, so that it looks names up as /etc/nsswitch.conf says.
      default = pkgs.callPackage ./package.nix { static = false; };
      defaultText = lib.literalMD "seen, built with your system's nixpkgs";
      description = "The package of seen to run.";
    };

    address = mkOption {
      type = types.str;
      default = "127.0.0.1";
      example = "::";
      description = "The IP address to listen on.";
    };

    port = mkOption {
      type = types.port;
      default = 8000;
      description = "The port to listen on.";
    };

    openFirewall = mkOption {
      type = types.bool;
      default = false;
      description = "Whether to let other machines reach the port.";
    };

    settings = mkOption {
      type = types.submodule { options = import ./settings.nix lib; };
      default = { };
      example = {
        grace = "20s";
        history-days = 30;
      };
      description = "seen's settings; see {command}`seen serve --help`.";
    };

    environmentFile = mkOption {
      type = types.nullOr types.path;
      default = null;
      example = "/run/secrets/seen";
      description = ''
        A file with secrets, one a line: `SEEN_TOKEN=…`, or a `SEEN_STORE=…` with
        a password. Keep it out of the Nix store, which everyone can read.
      '';
    };

    redis.createLocally = mkOption {
      type = types.bool;
      default = false;
      description = ''
        Whether to run a Redis server for seen on this machine and count in it.
        Otherwise seen counts in a file and needs no server.
      '';
    };
  };

  config = mkIf cfg.enable {
    services.seen.settings.store = mkIf cfg.redis.createLocally "redis+unix://${redis.unixSocket}";

    services.redis.servers.seen = mkIf cfg.redis.createLocally {
      enable = true;
      # Only a Unix socket, open to its group: every user of the machine could
      # connect to a port.
      port = 0;
      # Redis syncs every hit before seen answers it, and never evicts a counter.
      appendOnly = true;
      appendFsync = "always";
      save = [ ];
      settings.maxmemory-policy = "noeviction";
    };

    networking.firewall.allowedTCPPorts = mkIf cfg.openFirewall [ cfg.port ];

    systemd.services.seen = {
      description = "seen, a hit counter";
      wantedBy = [ "multi-user.target" ];
      wants = [ "network-online.target" ];
      after = [ "network-online.target" ] ++ lib.optional cfg.redis.createLocally "redis-seen.service";
      requires = lib.optional cfg.redis.createLocally "redis-seen.service";

      environment = {
        SEEN_LISTEN = "${host}:${toString cfg.port}";
      }
      // lib.mapAttrs' (flag: value: lib.nameValuePair (variable flag) (text value)) (
        lib.filterAttrs (_: value: value != null) cfg.settings
      );

      serviceConfig = {
        # seen notifies systemd when it listens.
        Type = "notify";
        ExecStart = "${lib.getExe cfg.package} serve";
        EnvironmentFile = lib.optional (cfg.environmentFile != null) cfg.environmentFile;
        Restart = "always";
        RestartSec = 1;
        # Status 2 is a wrong setting; a restart does not correct it.
        RestartPreventExitStatus = 2;
        # Longer than the default settings.grace, after which seen ends by itself.
        TimeoutStopSec = lib.mkDefault 90;

        # Each connection is an open file.
        LimitNOFILE = 65536;

        # A temporary user, which owns /var/lib/seen.
        DynamicUser = true;
        SupplementaryGroups = lib.optional cfg.redis.createLocally redis.group;
        StateDirectory = "seen";
        StateDirectoryMode = "0700";
        # A folder for a Unix socket in settings.listen.
        RuntimeDirectory = "seen";
        UMask = "0077";

        # No access to the rest of the machine.
        ProtectSystem = "strict";
        ProtectHome = true;
        PrivateTmp = true;
        PrivateDevices = true;
        PrivateUsers = cfg.port >= 1024;
        ProtectProc = "invisible";
        ProcSubset = "pid";
        ProtectClock = true;
        ProtectControlGroups = true;
        ProtectHostname = true;
        ProtectKernelLogs = true;
        ProtectKernelModules = true;
        ProtectKernelTunables = true;

        # No privileges, and no resources except the network. An empty string
        # clears a list; an empty Nix list would write no line at all.
        CapabilityBoundingSet = if cfg.port < 1024 then "CAP_NET_BIND_SERVICE" else "";
        AmbientCapabilities = lib.optional (cfg.port < 1024) "CAP_NET_BIND_SERVICE";
        NoNewPrivileges = true;
        LockPersonality = true;
        MemoryDenyWriteExecute = true;
        RestrictAddressFamilies = [
          "AF_INET"
          "AF_INET6"
          "AF_UNIX"
        ];
        RestrictNamespaces = true;
        RestrictRealtime = true;
        RestrictSUIDSGID = true;
        SystemCallArchitectures = "native";
        SystemCallFilter = [
          "@system-service"
          "~@privileged"
          "~@resources"
        ];
      };
    };
  };
}
