//! Load with small faults for an hour, on a file and on a Redis at once: memory, descriptors and
//! the time of an answer must stay flat.
//!
//! `SEEN_LEDGER=soak cargo test --release --test ledger soak -- --nocapture` writes
//! docs/soak.md and docs/soak.svg; with `SEEN_LEDGER_SECONDS=60` it is a try, and writes both into
//! target/.

use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use crate::book::COUNTERS;
use crate::client::Load;
use crate::common::{Seen, process_status};
use crate::world::{Setting, World};

const HOUR: u64 = 3600;

/// Between two hits of each of eight clients: some hundred hits a second.
const PAUSE: Duration = Duration::from_millis(10);

/// Points of each line.
const POINTS: u32 = 120;

/// Between two of the small faults.
const FAULT_EVERY: Duration = Duration::from_secs(7);

/// What is looked at, at each point.
struct Sample {
    /// In mebibytes.
    memory: f64,
    descriptors: f64,
    /// The 99th percentile, in milliseconds.
    p99: f64,
}

/// What one store's hour came to.
struct Soak {
    name: &'static str,
    samples: Vec<Sample>,
    hits: i64,
    faults: u32,
}

/// A title, and what of a sample it is.
type Line = (&'static str, fn(&Sample) -> f64);

const LINES: [Line; 3] = [
    ("memory, MiB", |sample| sample.memory),
    ("open files", |sample| sample.descriptors),
    ("p99, ms", |sample| sample.p99),
];

#[test]
fn a_soak_stays_flat() {
    if crate::size() != "soak" {
        return;
    }
    let seconds =
        std::env::var("SEEN_LEDGER_SECONDS").map_or(HOUR, |s| s.parse().expect("seconds"));
    let length = Duration::from_secs(seconds);
    let soaks = [("file", Setting::File), ("Redis", Setting::Wire)]
        .map(|(name, setting)| thread::spawn(move || soak(name, setting, length)));
    let soaks = soaks.map(|soak| soak.join().expect("a soak"));
    let folder = if seconds < HOUR { "target" } else { "docs" };
    let write = |name: &str, text: String| {
        let file = format!("{}/{folder}/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(file, text).expect("docs or target can be written to");
    };
    write("soak.md", document(&soaks, seconds));
    write("soak.svg", picture(&soaks));
    for Soak { name, samples, .. } in &soaks {
        for (title, of) in LINES {
            let [_, middle, last] = thirds(samples, of);
            if title != "p99, ms" {
                assert!(last <= middle * 1.2 + 4.0, "{name}, {title}: {middle} became {last}");
            }
        }
    }
}

/// The medians of the first third, which fills caches, and of the other two, which must not differ.
fn thirds(samples: &[Sample], of: fn(&Sample) -> f64) -> [f64; 3] {
    let third = samples.len() / 3;
    [&samples[..third], &samples[third..2 * third], &samples[2 * third..]].map(|part| {
        let mut values: Vec<f64> = part.iter().map(of).collect();
        values.sort_unstable_by(f64::total_cmp);
        values[values.len() / 2]
    })
}

fn soak(name: &'static str, setting: Setting, length: Duration) -> Soak {
    let mut world = World::start(setting, 1, 2);
    let load = Load::start(&world.front, 1, PAUSE);
    let begun = Instant::now();
    let (mut samples, mut faults) = (Vec::new(), 0);
    for point in 1..=POINTS {
        while begun.elapsed() < length * point / POINTS {
            thread::sleep(Duration::from_millis(100));
            if begun.elapsed() > FAULT_EVERY * faults {
                small_fault(&mut world, faults);
                faults += 1;
            }
        }
        samples.push(sample(&world.seens[0], &load));
    }
    let (book, listeners) = load.finish();
    let held = world.held();
    let hot = held.counters[0].total;
    let audit = book.audit(&held);
    let wrong: Vec<String> = listeners.into_iter().filter_map(|l| l.finish(hot)).collect();
    assert!(wrong.is_empty() && audit.wrong.is_empty(), "{wrong:?} {:?}", audit.wrong);
    assert_eq!((audit.lost, audit.twice), (0, 0));
    println!("{name}: {} hits, {faults} small faults", audit.sent);
    Soak { name, samples, hits: audit.sent, faults }
}

fn small_fault(world: &mut World, number: u32) {
    match (world.wire.is_some(), number % 4) {
        (true, 0) => world.wire().reset(),
        (true, 1) => world.ask(&["client", "kill", "type", "normal"]),
        (true, 2) => world.ask(&["script", "flush"]),
        (true, _) => {
            world.hang_redis(Duration::from_millis(300));
        }
        (false, _) => {
            world.hang_seen(Duration::from_millis(300));
        }
    }
}

fn sample(seen: &Seen, load: &Load) -> Sample {
    let kilobytes = process_status(seen.id(), "VmRSS:");
    let descriptors =
        std::fs::read_dir(format!("/proc/{}/fd", seen.id())).expect("it runs").count();
    let mut times = load.times();
    times.sort_unstable();
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
    Sample {
        memory: kilobytes as f64 / 1024.0,
        descriptors: descriptors as f64,
        p99: p99.as_secs_f64() * 1000.0,
    }
}

/// What docs/soak.md says.
fn document(soaks: &[Soak], seconds: u64) -> String {
    let mut rows = String::new();
    for Soak { name, samples, hits, faults } in soaks {
        let _ = write!(rows, "\n| {name} | {hits} | {faults}");
        for (_, of) in LINES {
            let [first, middle, last] = thirds(samples, of);
            let _ = write!(rows, " | {first:.1} · {middle:.1} · {last:.1}");
        }
        rows.push_str(" |");
    }
    format!(
        "\
# An hour of load with small faults

Eight clients hit {COUNTERS} counters for {minutes} minutes, on a file and on a Redis at the same time, each with
a seen of its own. Every {every} s something small goes wrong: seen on the file hangs for 300 ms; the other
one's connections are reset or killed, its scripts are flushed, or its Redis hangs for 300 ms. Afterwards
each answered hit is stored once, as in [faults.md](faults.md).

![memory, open files and p99 over time](soak.svg)

Medians of the first, the second and the last third of that time:

| store | hits | faults | memory, MiB | open files | p99, ms |
|---|--:|--:|--:|--:|--:|{rows}

Memory stays where it is, for a reason: seen keeps no list that grows with hits. On the file it holds what
was changed since the last checkpoint (every 30 s, and at 65,536 keys or 64 MiB of log at the latest), at
most 16 MiB of the database's pages, and the last totals of at most 65,536 counters. On Redis it holds the
totals alone. In both, the tables of rate limits are bounded as well.

{machine}

```sh
SEEN_LEDGER=soak cargo test --release --test ledger soak -- --nocapture
```
",
        minutes = seconds / 60,
        every = FAULT_EVERY.as_secs(),
        machine = crate::table::machine(),
    )
}

/// Three charts, one above the other, with a line for each store.
fn picture(soaks: &[Soak]) -> String {
    const WIDTH: f64 = 640.0;
    const HEIGHT: f64 = 120.0;
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 480\" font-family=\"sans-serif\" \
         font-size=\"12\"><rect width=\"720\" height=\"480\" fill=\"#fff\"/>\n",
    );
    for (row, (title, of)) in LINES.into_iter().enumerate() {
        let bottom = 150.0 * (row as f64 + 1.0);
        let values = soaks.iter().flat_map(|soak| soak.samples.iter().map(of));
        let most = values.fold(1.0, f64::max);
        let _ = writeln!(
            svg,
            "<text x=\"60\" y=\"{}\">{title}</text><text x=\"55\" y=\"{}\" text-anchor=\"end\">{most:.0}\
             </text><text x=\"55\" y=\"{bottom}\" text-anchor=\"end\">0</text>\
             <path d=\"M60 {bottom}h{WIDTH}\" stroke=\"#ccc\"/>",
            bottom - HEIGHT - 8.0,
            bottom - HEIGHT + 8.0,
        );
        for (Soak { name, samples, .. }, color) in soaks.iter().zip(["#0a7", "#c31"]) {
            let points = samples.iter().enumerate().map(|(n, sample)| {
                let x = 60.0 + WIDTH * n as f64 / f64::from(POINTS);
                format!("{x:.1},{:.1}", bottom - HEIGHT * of(sample) / most)
            });
            let points: Vec<String> = points.collect();
            let _ = writeln!(
                svg,
                "<polyline fill=\"none\" stroke=\"{color}\" points=\"{}\"><title>{name}</title>\
                 </polyline>",
                points.join(" ")
            );
        }
    }
    svg + "<text x=\"60\" y=\"474\" fill=\"#0a7\">file</text>\
           <text x=\"110\" y=\"474\" fill=\"#c31\">Redis</text></svg>\n"
}
