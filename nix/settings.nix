# seen's settings as options of the NixOS module, named like the flags of `seen
# serve --help`. nix/checks/settings.nix compares the two.
lib:
let
  inherit (lib) types;

  setting =
    type: example: description:
    lib.mkOption {
      type = types.nullOr type;
      default = null;
      inherit example;
      description = "${description} `null` means seen's own default.";
    };

  rate = types.strMatching "off|[0-9]+/.+";
  time = types.strMatching "[0-9]+ ?(ns|us|ms|s|m|h|d).*";
  count = types.ints.positive;
in
{
  store = setting types.str "redis://127.0.0.1:6379" ''
    Where counts live: the path of a file, or the URL of a Redis. A URL with a
    password belongs in {option}`services.seen.environmentFile`. Unset, a file
    in {file}`/var/lib/seen`.
  '';
  store-file =
    setting types.str "/run/secrets/seen-store"
      "A file that contains the value of {option}`store`, such as a URL with a password.";
  token-file =
    setting types.str "/run/secrets/seen-token"
      "A file that contains the instance's token.";
  base-path = setting types.str "/stats" "The path at which a proxy serves seen.";
  listen =
    setting types.str "unix:/run/seen/seen.sock"
      "A Unix socket to listen on, instead of {option}`address` and {option}`port`.";
  listen-mode = setting (types.strMatching "[0-7]{3,4}") "660" "The permissions of the Unix socket.";
  metrics-listen =
    setting types.str "127.0.0.1:9000"
      "Where to answer {file}`/metrics` alone, as address:port.";
  allow-eviction =
    setting types.bool true
      "Whether to count in a Redis that may delete counters when its memory is full.";
  replicas =
    setting types.str "1"
      "How many Redis replicas must have a hit before it is answered, or `auto`.";
  threads = setting count 1 "How many threads answer requests.";
  deadline = setting time "2s" "How long a hit may wait for the store.";
  queue = setting count 65536 "The most hits that may wait for the store at once.";
  mode = setting (types.enum [
    "open"
    "create"
    "private"
  ]) "open" "Who may create counters.";
  counters = setting count 1000000 "The most counters in all.";
  namespace-counters = setting count 100000 "The most counters in one namespace.";
  history-days = setting count 400 "How many days of each counter are remembered day by day.";
  history-hours = setting count 72 "How many hours of each counter are remembered hour by hour.";
  connections = setting count 16384 "The most connections at once.";
  client-connections = setting count 192 "The most connections of one client at once.";
  head-timeout = setting time "10s" "How long the head of a request may take.";
  body-timeout = setting time "10s" "How long each 32 KiB of a request's body may take.";
  idle-timeout = setting time "75s" "How long a connection may stay idle between two requests.";
  write-timeout = setting time "30s" "How long a client may leave an answer unread.";
  create-limit =
    setting rate "100/1h"
      "The most counters and namespaces that one client may create, as number/time, or `off`.";
  id-limit =
    setting rate "60/1m"
      "The most hits with an `id` from one client, as number/time, or `off`.";
  read-limit =
    setting rate "300/1m"
      "The most long answers that one client may read, as number/time, or `off`.";
  visitor-limit =
    setting rate "600/1h"
      "The most visitors that one client may count as, as number/time, or `off`.";
  refusal-limit =
    setting rate "600/1m"
      "The most refusals that one client gets at once, as number/time, or `off`.";
  token-limit =
    setting rate "10/1m"
      "The most wrong tokens from one client, as number/time, or `off`.";
  client-limit = setting rate "600/1m" "The most hits of one client, as number/time, or `off`.";
  counter-limit = setting rate "off" "The most hits on one counter, as number/time, or `off`.";
  trusted-proxies =
    setting types.commas "127.0.0.1,10.0.0.0/8"
      "Proxies whose X-Forwarded-For or Forwarded header is trusted, as addresses or ranges.";
  allowed-hosts =
    setting types.commas "hits.example.com"
      "The host names that seen answers to; requests for others get 421.";
  streams = setting count 8192 "The most live streams at once.";
  client-streams = setting count 64 "The most live streams of one client at once.";
  grace = setting time "10s" "How long a stop may take to finish what has begun.";
  log = setting (types.enum [
    "error"
    "warn"
    "info"
    "debug"
    "trace"
  ]) "info" "The lowest level of messages to log.";
  log-format = setting (types.enum [
    "auto"
    "text"
    "json"
  ]) "json" "The format of the log.";
}
