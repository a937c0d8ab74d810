# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_seen_global_optspecs
    string join \n listen= listen-mode= metrics-listen= store= store-file= allow-eviction replicas= deadline= queue= mode= namespace-counters= counters= history-days= history-hours= client-limit= counter-limit= create-limit= id-limit= visitor-limit= read-limit= token-limit= refusal-limit= trusted-proxies= allowed-hosts= token= token-file= streams= client-streams= connections= client-connections= head-timeout= body-timeout= idle-timeout= write-timeout= base-path= threads= grace= log= log-format= h/help V/version
end

function __fish_seen_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_seen_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_seen_using_subcommand
    set -l cmd (__fish_seen_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c seen -n "__fish_seen_needs_command" -l listen -d 'Where to listen, as address:port or unix:/path; clients of a Unix socket are trusted proxies' -r
complete -c seen -n "__fish_seen_needs_command" -l listen-mode -d 'The permissions of the Unix socket' -r
complete -c seen -n "__fish_seen_needs_command" -l metrics-listen -d 'Serve /metrics at this address only, and nothing else there' -r
complete -c seen -n "__fish_seen_needs_command" -l store -d 'Where counts live: a file, or a redis://, rediss://, redis-cluster:// or redis-sentinel:// URL; by default, a file in your state directory' -r
complete -c seen -n "__fish_seen_needs_command" -l store-file -d 'A file that contains the value of --store, such as a Docker or Kubernetes secret' -r
complete -c seen -n "__fish_seen_needs_command" -l replicas -d 'How many Redis replicas must have a hit before it is answered; `auto` is one if there are any, so that a failover loses no hit' -r
complete -c seen -n "__fish_seen_needs_command" -l deadline -d 'How long a request may wait for the store before it is answered 503' -r
complete -c seen -n "__fish_seen_needs_command" -l queue -d 'The most hits that may wait for the store at once; further ones are answered 503' -r
complete -c seen -n "__fish_seen_needs_command" -l mode -d 'Who may create counters' -r -f -a "open\t'A hit on a counter that does not exist creates it'
create\t'Only `create` creates counters; anybody may call it'
private\t'Counters are only in namespaces that have an owner, who creates them or lets every hit do so'"
complete -c seen -n "__fish_seen_needs_command" -l namespace-counters -d 'The most counters in one namespace' -r
complete -c seen -n "__fish_seen_needs_command" -l counters -d 'The most counters and claimed namespaces in all; replicas on one Redis may exceed it by a little' -r
complete -c seen -n "__fish_seen_needs_command" -l history-days -d 'How long a counter remembers each day\'s hits, in days' -r
complete -c seen -n "__fish_seen_needs_command" -l history-hours -d 'How long a counter remembers each hour\'s hits, in hours' -r
complete -c seen -n "__fish_seen_needs_command" -l client-limit -d 'The most hits of one client (an IPv4 address or an IPv6 /64), as number/time, or `off`; an image proxy may send 20 times as many, since it serves many people' -r
complete -c seen -n "__fish_seen_needs_command" -l counter-limit -d 'The most hits on one counter, as number/time, or `off`' -r
complete -c seen -n "__fish_seen_needs_command" -l create-limit -d 'The most counters and namespaces that one client may create, as number/time, or `off`; image proxies may create 10 times as many, and owners with their token any number' -r
complete -c seen -n "__fish_seen_needs_command" -l id-limit -d 'The most hits with an `id` from one client, as number/time, or `off`' -r
complete -c seen -n "__fish_seen_needs_command" -l visitor-limit -d 'The most visitors that one client may count as, as number/time, or `off`; beyond it, a counter with dedupe sees one visitor' -r
complete -c seen -n "__fish_seen_needs_command" -l read-limit -d 'The most histories, charts, sums, lists and documents that one client may read, as number/time, or `off`; image proxies may read 20 times as many' -r
complete -c seen -n "__fish_seen_needs_command" -l token-limit -d 'The most wrong tokens from one client, as number/time, or `off`' -r
complete -c seen -n "__fish_seen_needs_command" -l refusal-limit -d 'The most refusals that one client gets at once, as number/time, or `off`; each further one is sent after a second and ends the connection' -r
complete -c seen -n "__fish_seen_needs_command" -l trusted-proxies -d 'Proxies whose X-Forwarded-For or Forwarded header is trusted, as addresses or ranges separated by commas; set it behind a proxy, or all clients share one limit' -r
complete -c seen -n "__fish_seen_needs_command" -l allowed-hosts -d 'The host names that seen answers to, separated by commas; requests for others get 421. Addresses and `localhost` always work. By default, every name does' -r
complete -c seen -n "__fish_seen_needs_command" -l token -d 'The instance\'s token, of 24 characters or more: it may change every counter and namespace. Set it by the variable: every user of the machine can read a flag' -r
complete -c seen -n "__fish_seen_needs_command" -l token-file -d 'A file that contains the token, such as a Docker or Kubernetes secret' -r
complete -c seen -n "__fish_seen_needs_command" -l streams -d 'The most live streams at once' -r
complete -c seen -n "__fish_seen_needs_command" -l client-streams -d 'The most live streams of one client at once; an IPv4 /24 or IPv6 /48 may have four times as many' -r
complete -c seen -n "__fish_seen_needs_command" -l connections -d 'The most connections at once; fewer if the system allows fewer open files' -r
complete -c seen -n "__fish_seen_needs_command" -l client-connections -d 'The most connections of one client at once; an IPv4 /24 or IPv6 /48 may have four times as many, and a trusted proxy any number' -r
complete -c seen -n "__fish_seen_needs_command" -l head-timeout -d 'How long the head of a request may take, from its first byte' -r
complete -c seen -n "__fish_seen_needs_command" -l body-timeout -d 'How long each 32 KiB of a request\'s body may take' -r
complete -c seen -n "__fish_seen_needs_command" -l idle-timeout -d 'How long a connection may stay idle between two requests; set it longer than your proxy keeps its connections' -r
complete -c seen -n "__fish_seen_needs_command" -l write-timeout -d 'How long a client may leave an answer unread before its connection is closed' -r
complete -c seen -n "__fish_seen_needs_command" -l base-path -d 'The path at which a proxy serves seen, such as /stats; a trusted proxy may send it as X-Forwarded-Prefix instead' -r
complete -c seen -n "__fish_seen_needs_command" -l threads -d 'Threads that answer requests; one handles tens of thousands of hits a second' -r
complete -c seen -n "__fish_seen_needs_command" -l grace -d 'How long to finish requests and write the last hits after a signal to stop' -r
complete -c seen -n "__fish_seen_needs_command" -l log -d 'The lowest level of messages to log' -r -f -a "error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c seen -n "__fish_seen_needs_command" -l log-format -d 'The format of the log: `auto` is text on a terminal and JSON elsewhere' -r -f -a "auto\t'Text on a terminal, JSON elsewhere'
text\t'For people'
json\t'One JSON object a line'"
complete -c seen -n "__fish_seen_needs_command" -l allow-eviction -d 'Accept a Redis whose maxmemory-policy may delete counters'
complete -c seen -n "__fish_seen_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c seen -n "__fish_seen_needs_command" -s V -l version -d 'Print version'
complete -c seen -n "__fish_seen_needs_command" -f -a "serve" -d 'Serve until told to stop (the default)'
complete -c seen -n "__fish_seen_needs_command" -f -a "check" -d 'Show the settings that `serve` would use, and whether the store answers'
complete -c seen -n "__fish_seen_needs_command" -f -a "healthcheck" -d 'Check whether a running seen on this machine is healthy: exit 0 or 1'
complete -c seen -n "__fish_seen_needs_command" -f -a "export" -d 'Write all counters as JSON lines, to standard output or a file'
complete -c seen -n "__fish_seen_needs_command" -f -a "import" -d 'Import the output of `export`, CSV, GoatCounter\'s export or Abacus\' counters'
complete -c seen -n "__fish_seen_needs_command" -f -a "version" -d 'Print the version'
complete -c seen -n "__fish_seen_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c seen -n "__fish_seen_using_subcommand serve" -l listen -d 'Where to listen, as address:port or unix:/path; clients of a Unix socket are trusted proxies' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l listen-mode -d 'The permissions of the Unix socket' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l metrics-listen -d 'Serve /metrics at this address only, and nothing else there' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l store -d 'Where counts live: a file, or a redis://, rediss://, redis-cluster:// or redis-sentinel:// URL; by default, a file in your state directory' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l store-file -d 'A file that contains the value of --store, such as a Docker or Kubernetes secret' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l replicas -d 'How many Redis replicas must have a hit before it is answered; `auto` is one if there are any, so that a failover loses no hit' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l deadline -d 'How long a request may wait for the store before it is answered 503' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l queue -d 'The most hits that may wait for the store at once; further ones are answered 503' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l mode -d 'Who may create counters' -r -f -a "open\t'A hit on a counter that does not exist creates it'
create\t'Only `create` creates counters; anybody may call it'
private\t'Counters are only in namespaces that have an owner, who creates them or lets every hit do so'"
complete -c seen -n "__fish_seen_using_subcommand serve" -l namespace-counters -d 'The most counters in one namespace' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l counters -d 'The most counters and claimed namespaces in all; replicas on one Redis may exceed it by a little' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l history-days -d 'How long a counter remembers each day\'s hits, in days' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l history-hours -d 'How long a counter remembers each hour\'s hits, in hours' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l client-limit -d 'The most hits of one client (an IPv4 address or an IPv6 /64), as number/time, or `off`; an image proxy may send 20 times as many, since it serves many people' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l counter-limit -d 'The most hits on one counter, as number/time, or `off`' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l create-limit -d 'The most counters and namespaces that one client may create, as number/time, or `off`; image proxies may create 10 times as many, and owners with their token any number' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l id-limit -d 'The most hits with an `id` from one client, as number/time, or `off`' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l visitor-limit -d 'The most visitors that one client may count as, as number/time, or `off`; beyond it, a counter with dedupe sees one visitor' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l read-limit -d 'The most histories, charts, sums, lists and documents that one client may read, as number/time, or `off`; image proxies may read 20 times as many' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l token-limit -d 'The most wrong tokens from one client, as number/time, or `off`' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l refusal-limit -d 'The most refusals that one client gets at once, as number/time, or `off`; each further one is sent after a second and ends the connection' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l trusted-proxies -d 'Proxies whose X-Forwarded-For or Forwarded header is trusted, as addresses or ranges separated by commas; set it behind a proxy, or all clients share one limit' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l allowed-hosts -d 'The host names that seen answers to, separated by commas; requests for others get 421. Addresses and `localhost` always work. By default, every name does' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l token -d 'The instance\'s token, of 24 characters or more: it may change every counter and namespace. Set it by the variable: every user of the machine can read a flag' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l token-file -d 'A file that contains the token, such as a Docker or Kubernetes secret' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l streams -d 'The most live streams at once' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l client-streams -d 'The most live streams of one client at once; an IPv4 /24 or IPv6 /48 may have four times as many' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l connections -d 'The most connections at once; fewer if the system allows fewer open files' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l client-connections -d 'The most connections of one client at once; an IPv4 /24 or IPv6 /48 may have four times as many, and a trusted proxy any number' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l head-timeout -d 'How long the head of a request may take, from its first byte' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l body-timeout -d 'How long each 32 KiB of a request\'s body may take' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l idle-timeout -d 'How long a connection may stay idle between two requests; set it longer than your proxy keeps its connections' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l write-timeout -d 'How long a client may leave an answer unread before its connection is closed' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l base-path -d 'The path at which a proxy serves seen, such as /stats; a trusted proxy may send it as X-Forwarded-Prefix instead' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l threads -d 'Threads that answer requests; one handles tens of thousands of hits a second' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l grace -d 'How long to finish requests and write the last hits after a signal to stop' -r
complete -c seen -n "__fish_seen_using_subcommand serve" -l log -d 'The lowest level of messages to log' -r -f -a "error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c seen -n "__fish_seen_using_subcommand serve" -l log-format -d 'The format of the log: `auto` is text on a terminal and JSON elsewhere' -r -f -a "auto\t'Text on a terminal, JSON elsewhere'
text\t'For people'
json\t'One JSON object a line'"
complete -c seen -n "__fish_seen_using_subcommand serve" -l allow-eviction -d 'Accept a Redis whose maxmemory-policy may delete counters'
complete -c seen -n "__fish_seen_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c seen -n "__fish_seen_using_subcommand check" -l listen -d 'Where to listen, as address:port or unix:/path; clients of a Unix socket are trusted proxies' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l listen-mode -d 'The permissions of the Unix socket' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l metrics-listen -d 'Serve /metrics at this address only, and nothing else there' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l store -d 'Where counts live: a file, or a redis://, rediss://, redis-cluster:// or redis-sentinel:// URL; by default, a file in your state directory' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l store-file -d 'A file that contains the value of --store, such as a Docker or Kubernetes secret' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l replicas -d 'How many Redis replicas must have a hit before it is answered; `auto` is one if there are any, so that a failover loses no hit' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l deadline -d 'How long a request may wait for the store before it is answered 503' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l queue -d 'The most hits that may wait for the store at once; further ones are answered 503' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l mode -d 'Who may create counters' -r -f -a "open\t'A hit on a counter that does not exist creates it'
create\t'Only `create` creates counters; anybody may call it'
private\t'Counters are only in namespaces that have an owner, who creates them or lets every hit do so'"
complete -c seen -n "__fish_seen_using_subcommand check" -l namespace-counters -d 'The most counters in one namespace' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l counters -d 'The most counters and claimed namespaces in all; replicas on one Redis may exceed it by a little' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l history-days -d 'How long a counter remembers each day\'s hits, in days' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l history-hours -d 'How long a counter remembers each hour\'s hits, in hours' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l client-limit -d 'The most hits of one client (an IPv4 address or an IPv6 /64), as number/time, or `off`; an image proxy may send 20 times as many, since it serves many people' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l counter-limit -d 'The most hits on one counter, as number/time, or `off`' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l create-limit -d 'The most counters and namespaces that one client may create, as number/time, or `off`; image proxies may create 10 times as many, and owners with their token any number' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l id-limit -d 'The most hits with an `id` from one client, as number/time, or `off`' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l visitor-limit -d 'The most visitors that one client may count as, as number/time, or `off`; beyond it, a counter with dedupe sees one visitor' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l read-limit -d 'The most histories, charts, sums, lists and documents that one client may read, as number/time, or `off`; image proxies may read 20 times as many' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l token-limit -d 'The most wrong tokens from one client, as number/time, or `off`' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l refusal-limit -d 'The most refusals that one client gets at once, as number/time, or `off`; each further one is sent after a second and ends the connection' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l trusted-proxies -d 'Proxies whose X-Forwarded-For or Forwarded header is trusted, as addresses or ranges separated by commas; set it behind a proxy, or all clients share one limit' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l allowed-hosts -d 'The host names that seen answers to, separated by commas; requests for others get 421. Addresses and `localhost` always work. By default, every name does' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l token -d 'The instance\'s token, of 24 characters or more: it may change every counter and namespace. Set it by the variable: every user of the machine can read a flag' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l token-file -d 'A file that contains the token, such as a Docker or Kubernetes secret' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l streams -d 'The most live streams at once' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l client-streams -d 'The most live streams of one client at once; an IPv4 /24 or IPv6 /48 may have four times as many' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l connections -d 'The most connections at once; fewer if the system allows fewer open files' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l client-connections -d 'The most connections of one client at once; an IPv4 /24 or IPv6 /48 may have four times as many, and a trusted proxy any number' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l head-timeout -d 'How long the head of a request may take, from its first byte' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l body-timeout -d 'How long each 32 KiB of a request\'s body may take' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l idle-timeout -d 'How long a connection may stay idle between two requests; set it longer than your proxy keeps its connections' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l write-timeout -d 'How long a client may leave an answer unread before its connection is closed' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l base-path -d 'The path at which a proxy serves seen, such as /stats; a trusted proxy may send it as X-Forwarded-Prefix instead' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l threads -d 'Threads that answer requests; one handles tens of thousands of hits a second' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l grace -d 'How long to finish requests and write the last hits after a signal to stop' -r
complete -c seen -n "__fish_seen_using_subcommand check" -l log -d 'The lowest level of messages to log' -r -f -a "error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c seen -n "__fish_seen_using_subcommand check" -l log-format -d 'The format of the log: `auto` is text on a terminal and JSON elsewhere' -r -f -a "auto\t'Text on a terminal, JSON elsewhere'
text\t'For people'
json\t'One JSON object a line'"
complete -c seen -n "__fish_seen_using_subcommand check" -l allow-eviction -d 'Accept a Redis whose maxmemory-policy may delete counters'
complete -c seen -n "__fish_seen_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c seen -n "__fish_seen_using_subcommand healthcheck" -l listen -d 'The address of the running seen, as address:port or unix:/path' -r
complete -c seen -n "__fish_seen_using_subcommand healthcheck" -l ready -d 'Also check that its store answers'
complete -c seen -n "__fish_seen_using_subcommand healthcheck" -s h -l help -d 'Print help'
complete -c seen -n "__fish_seen_using_subcommand export" -l store -d 'The store: a file that no running seen uses, or a redis:// URL' -r
complete -c seen -n "__fish_seen_using_subcommand export" -l store-file -d 'A file that contains the value of --store' -r
complete -c seen -n "__fish_seen_using_subcommand export" -l url -d 'Use a running seen instead, such as http://127.0.0.1:8000 or unix:/run/seen/seen.sock' -r
complete -c seen -n "__fish_seen_using_subcommand export" -l token -d 'The token of that running seen' -r
complete -c seen -n "__fish_seen_using_subcommand export" -l token-file -d 'A file that contains that token' -r
complete -c seen -n "__fish_seen_using_subcommand export" -s h -l help -d 'Print help'
complete -c seen -n "__fish_seen_using_subcommand import" -l store -d 'The store: a file that no running seen uses, or a redis:// URL' -r
complete -c seen -n "__fish_seen_using_subcommand import" -l store-file -d 'A file that contains the value of --store' -r
complete -c seen -n "__fish_seen_using_subcommand import" -l url -d 'Use a running seen instead, such as http://127.0.0.1:8000 or unix:/run/seen/seen.sock' -r
complete -c seen -n "__fish_seen_using_subcommand import" -l token -d 'The token of that running seen' -r
complete -c seen -n "__fish_seen_using_subcommand import" -l token-file -d 'A file that contains that token' -r
complete -c seen -n "__fish_seen_using_subcommand import" -l format -d 'The format of the file' -r -f -a "jsonl\t'The JSON lines of `seen export`'
csv\t'namespace,key,value'"
complete -c seen -n "__fish_seen_using_subcommand import" -l on-conflict -d 'What to do with a counter that exists already' -r -f -a "skip\t'Keep the existing counter'
replace\t'Replace it with the imported one'
add\t'Add the imported numbers to it; its settings and its token stay'"
complete -c seen -n "__fish_seen_using_subcommand import" -l from-abacus -d 'Read the counters of an Abacus from its Redis instead of a file' -r
complete -c seen -n "__fish_seen_using_subcommand import" -l from-goatcounter -d 'Read GoatCounter\'s JSON export, unpacked into this folder, with its history' -r -F
complete -c seen -n "__fish_seen_using_subcommand import" -l host -d 'The host of the site that GoatCounter counted; it becomes the namespace of its pages' -r
complete -c seen -n "__fish_seen_using_subcommand import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c seen -n "__fish_seen_using_subcommand version" -s h -l help -d 'Print help'
complete -c seen -n "__fish_seen_using_subcommand help; and not __fish_seen_subcommand_from serve check healthcheck export import version help" -f -a "serve" -d 'Serve until told to stop (the default)'
complete -c seen -n "__fish_seen_using_subcommand help; and not __fish_seen_subcommand_from serve check healthcheck export import version help" -f -a "check" -d 'Show the settings that `serve` would use, and whether the store answers'
complete -c seen -n "__fish_seen_using_subcommand help; and not __fish_seen_subcommand_from serve check healthcheck export import version help" -f -a "healthcheck" -d 'Check whether a running seen on this machine is healthy: exit 0 or 1'
complete -c seen -n "__fish_seen_using_subcommand help; and not __fish_seen_subcommand_from serve check healthcheck export import version help" -f -a "export" -d 'Write all counters as JSON lines, to standard output or a file'
complete -c seen -n "__fish_seen_using_subcommand help; and not __fish_seen_subcommand_from serve check healthcheck export import version help" -f -a "import" -d 'Import the output of `export`, CSV, GoatCounter\'s export or Abacus\' counters'
complete -c seen -n "__fish_seen_using_subcommand help; and not __fish_seen_subcommand_from serve check healthcheck export import version help" -f -a "version" -d 'Print the version'
complete -c seen -n "__fish_seen_using_subcommand help; and not __fish_seen_subcommand_from serve check healthcheck export import version help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
