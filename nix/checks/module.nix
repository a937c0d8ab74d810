# The NixOS module in virtual machines: one counts in a file behind port 80, one
# in a local Redis, across kill -9 and a reboot.
{ testers }:
let
  # The unit's highest exposure, of 100; `systemd-analyze security` explains it.
  exposure = "20";
  machine = settings: {
    imports = [ ../module.nix ];
    services.seen = {
      enable = true;
    }
    // settings;
  };
in
testers.runNixOSTest {
  name = "seen-module";

  nodes = {
    file = machine {
      port = 80;
      openFirewall = true;
    };
    redis = machine { redis.createLocally = true; };
  };

  testScript = ''
    def counts_to(number, machine, port):
        machine.wait_for_unit("seen.service")
        machine.wait_until_succeeds(f"curl --fail --silent localhost:{port}/readyz", timeout=60)
        answer = machine.succeed(f"curl --fail --silent localhost:{port}/hit/vm/page")
        assert answer == f'{{"value":{number}}}', answer

    start_all()
    for machine, port in [(file, 80), (redis, 8000)]:
        counts_to(1, machine, port)
        # Killed, it comes back by itself and goes on counting.
        machine.succeed("systemctl kill --signal KILL seen.service")
        counts_to(2, machine, port)
        machine.succeed("systemd-analyze security --threshold ${exposure} seen.service >&2")

    # Other machines reach the port that the firewall was opened for, and no other.
    redis.wait_for_unit("network-online.target")
    redis.succeed("curl --fail --silent --max-time 5 http://file/get/vm/page")
    file.fail("curl --fail --silent --max-time 5 http://redis:8000/get/vm/page")

    # Redis has no port, and its socket is for its group.
    redis.fail("ss --listening --tcp --numeric | grep :6379")
    redis.succeed("test \"$(stat --format %a /run/redis-seen/redis.sock)\" = 660")
    redis.succeed("systemctl kill --signal KILL redis-seen.service")
    counts_to(3, redis, 8000)

    for machine, port, number in [(file, 80, 3), (redis, 8000, 4)]:
        machine.shutdown()
        machine.start()
        counts_to(number, machine, port)
  '';
}
