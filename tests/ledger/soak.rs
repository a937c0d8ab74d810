//! Load with small faults for an hour, on a file and on a Redis at once: memory, descriptors and
//! the time of an answer must stay flat.
//!
//! `SEEN_LEDGER=soak cargo test --release --test ledger soak -- --nocapture` writes
//! docs/soak.svg and prints a table; `SEEN_LEDGER_SECONDS=60` tries it.

use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use crate::client::Load;
use crate::common::Seen;
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
        .map(|(name, setting)| thread::spawn(move || (name, soak(setting, length))));
    let soaks = soaks.map(|soak| soak.join().expect("a soak"));
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/soak.svg");
    std::fs::write(file, picture(&soaks)).expect("docs/soak.svg");
    for (name, samples) in &soaks {
        // The first third fills caches; the middle and the last must not differ.
        let thirds = samples.len() / 3;
        for (title, of) in LINES {
            let [middle, last] =
                [&samples[thirds..2 * thirds], &samples[2 * thirds..]].map(|part| {
                    let mut values: Vec<f64> = part.iter().map(of).collect();
                    values.sort_unstable_by(f64::total_cmp);
                    values[values.len() / 2]
                });
            println!("{name}, {title}: {middle:.1} in the middle, {last:.1} at the end");
            if title != "p99, ms" {
                assert!(last <= middle * 1.2 + 4.0, "{name}, {title}: {middle} became {last}");
            }
        }
    }
}

fn soak(setting: Setting, length: Duration) -> Vec<Sample> {
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
    println!("{}: {} hits, {faults} small faults", setting.store(), audit.sent);
    samples
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
    let process = format!("/proc/{}", seen.id());
    let status = std::fs::read_to_string(format!("{process}/status")).expect("it runs");
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let memory = memory.and_then(|line| line.trim().strip_suffix(" kB")).expect("its memory");
    let descriptors = std::fs::read_dir(format!("{process}/fd")).expect("it runs").count();
    let mut times = load.times();
    times.sort_unstable();
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
    Sample {
        memory: memory.parse::<f64>().expect("a number") / 1024.0,
        descriptors: descriptors as f64,
        p99: p99.as_secs_f64() * 1000.0,
    }
}

/// Three charts, one above the other, with a line for each store.
fn picture(soaks: &[(&str, Vec<Sample>)]) -> String {
    const WIDTH: f64 = 640.0;
    const HEIGHT: f64 = 120.0;
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 480\" font-family=\"sans-serif\" \
         font-size=\"12\"><rect width=\"720\" height=\"480\" fill=\"#fff\"/>\n",
    );
    for (row, (title, of)) in LINES.into_iter().enumerate() {
        let bottom = 150.0 * (row as f64 + 1.0);
        let values = soaks.iter().flat_map(|(_, samples)| samples.iter().map(of));
        let most = values.fold(1.0, f64::max);
        let _ = writeln!(
            svg,
            "<text x=\"60\" y=\"{}\">{title}</text><text x=\"55\" y=\"{}\" text-anchor=\"end\">{most:.0}\
             </text><text x=\"55\" y=\"{bottom}\" text-anchor=\"end\">0</text>\
             <path d=\"M60 {bottom}h{WIDTH}\" stroke=\"#ccc\"/>",
            bottom - HEIGHT - 8.0,
            bottom - HEIGHT + 8.0,
        );
        for ((name, samples), color) in soaks.iter().zip(["#0a7", "#c31"]) {
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
