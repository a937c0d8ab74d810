//! The table of what each fault cost.

use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

use crate::book::{Audit, COUNTERS};
use crate::faults::{Fault, Promise};

/// All rounds of one fault, added up.
pub struct Row {
    fault: &'static Fault,
    sums: Audit,
    slowest: Duration,
    recovery: Duration,
}

impl Row {
    pub fn of(fault: &'static Fault) -> Self {
        let zero = Duration::ZERO;
        Self { fault, sums: Audit::default(), slowest: zero, recovery: zero }
    }

    /// Adds a round; times are those of the slowest.
    pub fn add(&mut self, audit: &Audit, slowest: Duration, recovery: Duration) {
        let sums = &mut self.sums;
        for (sum, more) in [
            (&mut sums.sent, audit.sent),
            (&mut sums.answered, audit.answered),
            (&mut sums.refused, audit.refused),
            (&mut sums.unknown, audit.unknown),
            (&mut sums.stored, audit.stored),
            (&mut sums.lost, audit.lost),
            (&mut sums.twice, audit.twice),
        ] {
            *sum += more;
        }
        self.slowest = self.slowest.max(slowest);
        self.recovery = self.recovery.max(recovery);
    }

    pub fn line(&self) -> String {
        let Self { fault, sums, .. } = self;
        let [slowest, recovery] = [self.slowest, self.recovery].map(|t| t.as_millis());
        format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {slowest} ms | {recovery} ms |",
            fault.name,
            fault.setting.store(),
            sums.sent,
            sums.answered,
            sums.refused,
            sums.unknown,
            sums.stored,
            sums.lost,
            sums.twice,
        )
    }
}

pub const HEAD: &str = "\
| fault | store | sent | answered | refused | unknown | stored | lost | twice | slowest answer | recovery |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|";

/// What docs/faults.md says.
pub fn document(rows: &[Row], rounds: usize, seed: u64, servers: &[&str]) -> String {
    let table = |lost: bool| {
        let lines = rows.iter().filter(|row| (row.fault.promise == Promise::Lost) == lost);
        lines.fold(HEAD.to_owned(), |all, row| all + "\n" + &row.line())
    };
    let mut text = String::new();
    let _ = write!(
        text,
        "\
# Faults, and what became of every hit

Eight clients hit one hot counter and {cold} cold ones, six of them with keep-alive, and write down what
they hear of each hit. Meanwhile something breaks at a random time, {times}, with one thread and with two,
on {servers}. Afterwards their books are compared with what is stored: totals, days, an export. Every sixth hit has an `Idempotency-Key` and is repeated until it is counted; some hits
are visitors of a counter that counts each once; three listeners hear the hot counter's stream.

{kept}

- **answered**: 200 and a number. Each must be stored, once, under that number alone.
- **refused**: told that it was not counted. None may be stored.
- **unknown**: 503 with `\"counted\":\"unknown\"`, or no answer at all. Each may be stored, once.
- **lost** and **twice** are what seen promises never to have: answered hits that are not stored, and
  numbers given again or hits stored that nobody sent.
- **recovery**: from the repair (for a restart, from the start of the new process) until each client has an
  answer again. Of the times the slowest round's is shown; the deadline is seen's default, 2 s.

Numbers of each client rise, the days of each counter sum to its total, an export has every total, each
visitor counts once, each stream ends with the total, and an id that is sent once more gets its number
again: a run that finds otherwise fails.

## What must be lost

When the store itself loses its data, seen cannot give it back. It logs that Redis was emptied, and counts
from 1 again:

{lost}

- A Redis with `appendfsync everysec` may lose its last second of answered hits when it is killed with its
  machine; all above is with `always`. So does a failover whose replicas do not acknowledge
  (`SEEN_REPLICAS=0`).
- A file that is deleted is lost but for your last export or copy. seen answers 503 as soon as the file
  is gone, and does not begin another one beside its log.
- A bit that flips on the wire between seen and Redis is found by TLS, as above; without TLS by TCP's
  checksum alone, which misses some.
- A hit that was counted while the clock was years ahead is in the total, and in no day of the history.
- Visitors are told apart by keys in memory alone, so that a visitor counts again after a restart of all
  seens, and on another day of seen's clock.

## The run

{run}

```sh
SEEN_LEDGER=full SEEN_LEDGER_SEED={seed} cargo test{release} --test ledger -- --nocapture
```

`cargo test --test ledger` does each fault once but for the longest, with a seed of its own that it prints.
A seed repeats the times and the choices, but not how the machine interleaves them.
[soak.md](soak.md) is an hour of load with small faults.
",
        cold = COUNTERS - 1,
        kept = table(false),
        lost = table(true),
        run = machine(),
        servers = servers.join(" and "),
        times = if rounds == 1 { "once".into() } else { format!("{rounds} times and more") },
        release = if cfg!(debug_assertions) { "" } else { " --release" },
    );
    text
}

/// The machine and the versions.
pub fn machine() -> String {
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1))
        .unwrap_or("unknown");
    let kernel = said("uname", &["-sr"]);
    let rust = said("rustc", &["--version"]);
    let commit = said("git", &["rev-parse", "--short", "HEAD"]);
    format!(
        "{cpus} processors ({model}), {kernel}; seen {} at {commit}; {rust}.",
        env!("CARGO_PKG_VERSION"),
    )
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default()
}
