//! The faults, and the promise for each; acts.rs commits them.

use std::time::{Duration, Instant};

use crate::client::Load;
use crate::system::Order;
use crate::world::{Setting, World};

/// seen's default, which explains the waits in the table.
pub const DEADLINE: Duration = Duration::from_secs(2);

const SECOND: Duration = Duration::from_secs(1);
const HOUR: i64 = 3600;
const YEAR: i64 = 365 * 24 * HOUR;

/// The error of a broken disk, the same number on every system.
const EIO: i64 = 5;

/// The promise of the documents for a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// Answered hits are stored, and others at most once.
    Kept,
    /// The same, and hits without an answer are not stored.
    Exact,
    /// The store itself is gone: counters begin again.
    Lost,
}

type Act = fn(&mut World, &Load) -> Instant;

pub struct Fault {
    pub name: &'static str,
    pub setting: Setting,
    pub promise: Promise,
    /// Whether it takes too long for every `cargo test`.
    pub is_long: bool,
    /// Whether the history may lack the days of some hits, since a clock was ahead by years.
    pub loses_days: bool,
    /// How often it happens in a round.
    pub times: usize,
    /// Commits it and repairs it; returns the time of the repair.
    act: Act,
}

impl Fault {
    pub fn act(&self, world: &mut World, load: &Load) -> Instant {
        (self.act)(world, load)
    }

    const fn exact(self) -> Self {
        Self { promise: Promise::Exact, ..self }
    }

    const fn lost(self) -> Self {
        Self { promise: Promise::Lost, ..self }
    }

    const fn loses_days(self) -> Self {
        Self { loses_days: true, ..self }
    }

    const fn long(self) -> Self {
        Self { is_long: true, ..self }
    }

    const fn twice_as_often(self) -> Self {
        Self { times: 2, ..self }
    }
}

const fn fault(name: &'static str, setting: Setting, act: Act) -> Fault {
    let promise = Promise::Kept;
    Fault { name, setting, promise, is_long: false, loses_days: false, times: 1, act }
}

/// All faults, the slowest first, so that nobody waits for one at the end.
pub const FAULTS: &[Fault] = &[
    fault("the wire black-holed for 60 s", Setting::Wire, |world, _| {
        world.hold(true, true, 60 * SECOND)
    })
    .long(),
    fault("Redis hangs for 30 s", Setting::Redis, |world, _| world.hang_redis(30 * SECOND)).long(),
    fault("100,000 counters exported and deleted", Setting::File, |world, load| {
        world.many_counters(load)
    })
    .long(),
    fault("100,000 counters exported and deleted", Setting::Redis, |world, load| {
        world.many_counters(load)
    })
    .long(),
    fault("the master killed, its replica promoted", Setting::Sentinel, |world, _| {
        let mended = Instant::now();
        world.redis().kill();
        mended
    })
    .twice_as_often(),
    fault("a failover that is ordered (SENTINEL FAILOVER)", Setting::Sentinel, |world, load| {
        world.order_failover(load)
    })
    .long(),
    fault("a master killed, its replica promoted", Setting::ClusterReplica, |world, _| {
        let mended = Instant::now();
        let owner = world.owner();
        world.nodes[owner].kill();
        mended
    }),
    fault(
        "a failover that is ordered (CLUSTER FAILOVER)",
        Setting::ClusterReplica,
        |world, load| world.order_cluster_failover(load),
    )
    .long(),
    fault("a master killed, away for 3 s, and back", Setting::Cluster, |world, _| {
        let owner = world.owner();
        world.nodes[owner].kill();
        std::thread::sleep(3 * SECOND);
        let mended = Instant::now();
        world.nodes[owner].again();
        mended
    })
    .long(),
    fault("slots moved, four times in a row", Setting::Cluster, |world, load| {
        world.move_slots(load)
    }),
    fault("seen killed and started again", Setting::File, |world, _| world.kill_seen(0)),
    fault("seen killed and started again", Setting::Redis, |world, _| world.kill_seen(0)),
    fault("seen stopped (SIGTERM) and started again", Setting::File, |world, _| world.stop_seen(0))
        .exact(),
    fault("seen stopped (SIGTERM) and started again", Setting::Redis, |world, _| {
        world.stop_seen(0)
    })
    .exact(),
    fault("seen hangs for 1 s", Setting::File, |world, _| world.hang_seen(SECOND)),
    fault("seen hangs for 4 s, twice the deadline", Setting::Redis, |world, _| {
        world.hang_seen(2 * DEADLINE)
    }),
    fault("seen killed during an import, which is repeated", Setting::File, |world, load| {
        world.kill_during_import(load)
    }),
    fault("seen killed during an import, which is repeated", Setting::Redis, |world, load| {
        world.kill_during_import(load)
    }),
    fault("one of three seens killed and started again", Setting::Three, |world, _| {
        let one = world.random.below(3);
        world.kill_seen(one)
    }),
    fault("one of three seens cut off for 3 s", Setting::Three, |world, _| {
        world.hold(true, true, 3 * SECOND)
    }),
    fault("one of three seens slow (300 ms) for 2 s", Setting::Three, |world, _| {
        let time = Duration::from_millis(300);
        world.delay(time, time, 2 * SECOND)
    })
    .long(),
    fault("the disk full", Setting::Disk, |world, load| world.fill_disk(load)),
    fault("every sync takes 300 ms longer", Setting::System, |world, load| {
        world.order(Order::SyncDelay, 300_000);
        load.wait_for_answers(5);
        world.mend(Order::SyncDelay)
    }),
    fault("every sync fails (EIO)", Setting::System, |world, load| {
        world.order(Order::SyncError, EIO);
        load.wait_for_refusals(3);
        world.mend(Order::SyncError)
    }),
    fault("every write to the disk fails (EIO)", Setting::System, |world, load| {
        world.order(Order::WriteError, EIO);
        load.wait_for_refusals(3);
        world.mend(Order::WriteError)
    }),
    fault("the file moved away under seen, and put back", Setting::File, |world, load| {
        world.move_file_away(load)
    }),
    fault("the file cut off, and a copy put back", Setting::File, |world, _| world.cut_file_off()),
    fault("bits of the file and its log flipped, in copies", Setting::File, |world, _| {
        world.flip_bits()
    }),
    fault("the clock passes midnight", Setting::System, |world, load| world.pass_midnight(load)),
    fault("the clock an hour back, and right again", Setting::System, |world, load| {
        world.set_clock(load, -HOUR)
    }),
    fault("the clock a day back, and right again", Setting::RedisClock, |world, load| {
        world.set_clock(load, -24 * HOUR)
    })
    .long(),
    fault("the clock beyond 2038, and right again", Setting::System, |world, load| {
        world.set_clock(load, 14 * YEAR)
    })
    .loses_days(),
    fault("the clock beyond 2106, and right again", Setting::RedisClock, |world, load| {
        world.set_clock(load, 90 * YEAR)
    })
    .loses_days()
    .long(),
    fault("Redis killed and started again", Setting::Redis, |world, _| {
        world.redis_away(Duration::ZERO)
    }),
    fault("Redis killed, away longer than the deadline", Setting::Redis, |world, _| {
        world.redis_away(DEADLINE + SECOND / 2)
    }),
    fault("Redis stopped (SIGTERM) and started again", Setting::Redis, |world, _| {
        world.redis().signal("TERM");
        world.redis().wait();
        let mended = Instant::now();
        world.redis().again();
        mended
    }),
    fault("Redis hangs for 1 s", Setting::Redis, |world, _| world.hang_redis(SECOND)).long(),
    fault("Redis hangs for 2 s, the deadline itself", Setting::Redis, |world, _| {
        world.hang_redis(DEADLINE)
    }),
    fault("Redis hangs for 5 s", Setting::Redis, |world, _| world.hang_redis(5 * SECOND)).long(),
    fault("Redis takes no writes for 1 s (CLIENT PAUSE)", Setting::Redis, |world, _| {
        world.ask(&["client", "pause", "1000", "write"]);
        let mended = Instant::now() + SECOND;
        std::thread::sleep(SECOND);
        mended
    }),
    fault("Redis becomes a replica, and a master again", Setting::Redis, |world, load| {
        world.redis_as_a_replica(load)
    }),
    fault("Redis out of memory (maxmemory 1)", Setting::Redis, |world, load| {
        world.configure(load, "maxmemory", "1", "0")
    }),
    fault("Redis may evict (maxmemory-policy), put right", Setting::Redis, |world, load| {
        world.configure(load, "maxmemory-policy", "allkeys-lru", "noeviction")
    })
    .long(),
    fault("Redis without the replicas it asks for (NOREPLICAS)", Setting::Redis, |world, load| {
        world.configure(load, "min-replicas-to-write", "1", "0")
    }),
    fault("Redis cannot save, and takes no writes (MISCONF)", Setting::Redis, |world, load| {
        world.redis_cannot_save(load)
    }),
    fault("Redis' disk full: it dies, and starts again", Setting::RedisDisk, |world, _| {
        world.disk().fill();
        world.redis().wait();
        let mended = Instant::now();
        world.disk().make_room();
        world.redis().again();
        mended
    }),
    fault("SCRIPT FLUSH, ten times", Setting::Redis, |world, load| {
        world.ten_times(load, |world| world.ask(&["script", "flush"]))
    }),
    fault("every client disconnected (CLIENT KILL), ten times", Setting::Redis, |world, load| {
        world.ten_times(load, |world| {
            world.ask(&["client", "kill", "type", "normal"]);
            world.ask(&["client", "kill", "type", "pubsub"]);
        })
    }),
    fault("Redis rewrites its file (BGREWRITEAOF), ten times", Setting::Redis, |world, load| {
        world.ten_times(load, |world| world.ask(&["bgrewriteaof"]))
    }),
    fault("the wire cut before a write, ten times", Setting::Wire, |world, load| {
        world.ten_times(load, |world| world.wire().cut_before_the_write())
    }),
    fault("the wire cut after a write, ten times", Setting::Wire, |world, load| {
        world.ten_times(load, |world| world.wire().cut_after_the_write())
    }),
    fault("every connection reset, ten times", Setting::Wire, |world, load| {
        world.ten_times(load, |world| world.wire().reset())
    }),
    fault("a bit flipped on the wire, ten times", Setting::Tls, |world, load| {
        world.ten_times(load, |world| {
            let is_request = world.random.below(2) == 0;
            world.wire().damage(is_request);
        })
    }),
    fault("the wire black-holed for 3 s", Setting::Wire, |world, _| {
        world.hold(true, true, 3 * SECOND)
    }),
    fault("the wire cut one way for 3 s: no answers", Setting::Wire, |world, _| {
        world.hold(false, true, 3 * SECOND)
    })
    .long(),
    fault("the wire held for 2 s, the deadline itself", Setting::Wire, |world, _| {
        world.hold(true, false, DEADLINE)
    }),
    fault("the wire slow, 1.8 to 2.2 s: around the deadline", Setting::Wire, |world, _| {
        let around = |tenths| DEADLINE * tenths / 10;
        world.delay(around(9), around(11), 5 * SECOND)
    })
    .long(),
    fault("the wire throttled to 10 kB a second for 3 s", Setting::Wire, |world, _| {
        world.throttle(10_000, 3 * SECOND)
    }),
    fault("Redis emptied (FLUSHALL)", Setting::Redis, |world, _| {
        let mended = Instant::now();
        world.ask(&["flushall"]);
        mended
    })
    .lost(),
    fault("Redis killed and started again without its files", Setting::Redis, |world, _| {
        world.redis_without_its_files()
    })
    .lost(),
];
