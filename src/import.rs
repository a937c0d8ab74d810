//! `seen import`: takes in what `seen export` wrote, CSV, or Abacus' counters.

mod abacus;
mod batch;
mod csv;
mod remote;

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::sync::Arc;

use clap::Parser;
use serde::{Deserialize, Serialize};

use self::batch::BATCH_LINES;
pub use self::batch::{Batch, Stop};
pub use self::remote::Remote;
use crate::config::{Cli, Format, Import, Place};
use crate::counters::Counters;
use crate::counters::batcher::Joiner;
use crate::metrics::Metrics;
use crate::model::export::{Exported, Imported, OnConflict};
use crate::model::token;
use crate::serve::{self, Failure};
use crate::store::Location;

/// The longest line that is read, in bytes.
pub const LINE_MOST: usize = 1 << 20;

/// About how many bytes are sent at once.
const BATCH_BYTES: usize = 1 << 20;

/// What an import did, in lines.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Done {
    /// What was not there.
    pub created: u64,
    /// What was put in the place of another.
    pub replaced: u64,
    /// What was added to another.
    pub added: u64,
    /// What was there and stayed.
    pub skipped: u64,
}

impl Done {
    /// Counts one line.
    pub fn count(&mut self, imported: Imported) {
        *match imported {
            Imported::Created => &mut self.created,
            Imported::Replaced => &mut self.replaced,
            Imported::Added => &mut self.added,
            Imported::Skipped => &mut self.skipped,
        } += 1;
    }

    fn add(&mut self, more: Self) {
        self.created += more.created;
        self.replaced += more.replaced;
        self.added += more.added;
        self.skipped += more.skipped;
    }

    fn all(self) -> u64 {
        self.created + self.replaced + self.added + self.skipped
    }
}

impl std::fmt::Display for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { created, replaced, added, skipped } = self;
        write!(f, "{created} created, {replaced} replaced, {added} added, {skipped} skipped")
    }
}

/// How far it is, on a terminal alone.
#[derive(Default)]
pub struct Progress {
    done: u64,
    shown: Option<std::time::Instant>,
}

impl Progress {
    /// These lines more, of `all` if that is known.
    pub fn more_of(&mut self, lines: &[u8], all: Option<u64>) {
        let more = lines.iter().filter(|b| **b == b'\n').count() as u64;
        let part = all.map(|all| ((self.done + more) as f64 / all.max(1) as f64).min(1.0));
        self.more(more, part);
    }

    /// So many more lines, and the part of the whole that is done, if known.
    pub fn more(&mut self, lines: u64, part: Option<f64>) {
        self.done += lines;
        let soon = self.shown.is_some_and(|at| at.elapsed().as_millis() < 100);
        if soon || !io::stderr().is_terminal() {
            return;
        }
        self.shown = Some(std::time::Instant::now());
        match part {
            Some(part) => eprint!("\r{} counters, {:.0} %", self.done, part * 100.0),
            None => eprint!("\r{} counters", self.done),
        }
    }

    /// Lines so far.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// The closing line.
    pub fn end(&self, sentence: &str) {
        let clear = if self.shown.is_some() { "\r\x1b[K" } else { "" };
        eprintln!("{clear}seen: {sentence}");
    }
}

/// Opens the store itself; a file that a running seen holds is an error that
/// says what to type.
pub async fn open(place: &Place, verb: &str, must_exist: bool) -> Result<Counters, Failure> {
    // What a serving process would be given by the environment holds here too.
    let mut settings =
        Cli::try_parse_from(["seen"]).map_err(|e| Failure::new(2, e.to_string()))?.serve;
    if place.store.is_some() {
        settings.store.clone_from(&place.store);
    }
    let location = settings.store().map_err(|sentence| Failure::new(2, sentence))?;
    if let Location::File(path) = &location
        && must_exist
        && !path.exists()
    {
        return Err(Failure::new(1, format!("there is no file {}", path.display())));
    }
    let store = serve::open(&settings, &location).await.map_err(|failure| {
        if failure.to_string().contains("in use by another process") {
            let sentence = format!(
                "{location} is in use by a running seen; go through that one: SEEN_TOKEN=… seen \
                 {verb} --url http://{} (it must have been started with the same SEEN_TOKEN)",
                settings.listen
            );
            return Failure::new(1, sentence);
        }
        failure
    })?;
    let metrics = Arc::new(Metrics::default());
    let joiner = Joiner::new(store.clone(), metrics, settings.queue, settings.deadline);
    Ok(Counters::new(store, joiner, settings.deadline))
}

/// Where lines go.
enum Target {
    Here(Box<Batch>),
    Remote(Box<Sending>),
}

/// Lines on their way to a running seen.
struct Sending {
    remote: Remote,
    on_conflict: OnConflict,
    /// What waits to be sent.
    bytes: Vec<u8>,
    /// The line of the source that each of what waits comes from.
    lines: Vec<usize>,
    done: Done,
}

impl Sending {
    fn push(&mut self, line: usize, item: &Exported) {
        self.lines.push(line);
        // Numbers and text only, into memory: there is nothing in it that could fail.
        serde_json::to_writer(&mut self.bytes, item).expect("a line is JSON");
        self.bytes.push(b'\n');
    }

    /// Sends what waits.
    async fn send(&mut self) -> Result<Option<Stop>, Failure> {
        let (bytes, lines) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.lines));
        if lines.is_empty() {
            return Ok(None);
        }
        let answer = self.remote.import(bytes, self.on_conflict).await?;
        self.done.add(answer.done);
        Ok(answer.stopped.map(|(nth, error)| {
            let line = lines.get(nth.saturating_sub(1)).or(lines.last());
            (line.copied().unwrap_or_default(), error)
        }))
    }
}

struct Importer {
    target: Target,
    progress: Progress,
    /// The command that goes on after a line was mended.
    again: String,
}

impl Importer {
    async fn take(
        &mut self,
        line: usize,
        item: Exported,
        part: Option<f64>,
    ) -> Result<(), Failure> {
        match &mut self.target {
            Target::Here(batch) => {
                let pushed = batch.push(line, item).await;
                pushed.map_err(|(line, error)| self.stopped(line, &error))?;
            }
            Target::Remote(sending) => {
                sending.push(line, &item);
                if sending.lines.len() >= BATCH_LINES || sending.bytes.len() >= BATCH_BYTES {
                    self.send().await?;
                }
            }
        }
        self.progress.more(1, part);
        Ok(())
    }

    /// Takes in what waits.
    async fn send(&mut self) -> Result<(), Failure> {
        let stopped = match &mut self.target {
            Target::Here(batch) => batch.flush().await.err(),
            Target::Remote(sending) => sending.send().await?,
        };
        stopped.map_or(Ok(()), |(line, error)| Err(self.stopped(line, &error)))
    }

    fn done(&self) -> Done {
        match &self.target {
            Target::Here(batch) => batch.done(),
            Target::Remote(sending) => sending.done,
        }
    }

    fn stopped(&self, line: usize, error: &dyn std::fmt::Display) -> Failure {
        Failure::new(
            1,
            format!(
                "line {line}: {error}. The {} lines before it are in ({}); mend it and go on from \
                 it: tail -n +{line} FILE | {}",
                self.done().all(),
                self.done(),
                self.again
            ),
        )
    }
}

/// Takes in a file, standard input, or Abacus' counters.
pub async fn run(settings: &Import) -> Result<(), Failure> {
    let on_conflict = settings.on_conflict;
    let target = match &settings.place.url {
        Some(url) => {
            let remote = Remote::connect(url, &settings.place).await?;
            let (bytes, lines, done) = (Vec::new(), Vec::new(), Done::default());
            Target::Remote(Box::new(Sending { remote, on_conflict, bytes, lines, done }))
        }
        None => {
            let counters = open(&settings.place, "import", false).await?;
            let key = token::random().map_err(|e| Failure::new(1, e))?;
            Target::Here(Box::new(Batch::new(counters, on_conflict, key)))
        }
    };
    let mut importer = Importer { target, progress: Progress::default(), again: again(settings) };
    let read = match &settings.from_abacus {
        Some(url) => abacus::read(url, &mut importer).await,
        None => read(settings, &mut importer).await,
    };
    // What came before a line that cannot be read is kept.
    let sent = importer.send().await;
    if let Target::Here(batch) = &importer.target {
        batch.counters.close().await;
    }
    sent?;
    read?;
    importer.progress.end(&importer.done().to_string());
    Ok(())
}

/// The same command for what is left; secrets are in the environment already.
fn again(settings: &Import) -> String {
    let mut command = String::from("seen import");
    let Import { place, format, on_conflict, .. } = settings;
    let place = match (&place.url, &place.store) {
        (Some(url), _) => Some(("url", url.clone())),
        (None, Some(Location::File(file))) => Some(("store", file.display().to_string())),
        _ => None,
    };
    let flags = [
        place,
        (*format == Format::Csv).then(|| ("format", "csv".into())),
        (*on_conflict != OnConflict::Skip).then(|| ("on-conflict", on_conflict.as_str().into())),
    ];
    for (flag, value) in flags.into_iter().flatten() {
        command.push_str(&format!(" --{flag} {value}"));
    }
    command + " -"
}

async fn read(settings: &Import, importer: &mut Importer) -> Result<(), Failure> {
    let (input, size): (Box<dyn Read>, Option<u64>) = match &settings.file {
        Some(path) if path.as_os_str() != "-" => {
            let file = File::open(path)
                .map_err(|e| Failure::new(1, format!("cannot read {}: {e}", path.display())))?;
            let size = file.metadata().ok().map(|m| m.len()).filter(|size| *size > 0);
            (Box::new(file), size)
        }
        _ => (Box::new(io::stdin()), None),
    };
    let mut input = BufReader::new(input);
    let (mut line, mut number, mut read) = (Vec::new(), 0, 0_u64);
    loop {
        line.clear();
        let length = (&mut input)
            .take(LINE_MOST as u64 + 1)
            .read_until(b'\n', &mut line)
            .map_err(|e| Failure::new(1, format!("cannot read: {e}")))?;
        if length == 0 {
            return Ok(());
        }
        number += 1;
        read += length as u64;
        let parsed = match settings.format {
            _ if length > LINE_MOST => Err(format!("longer than {LINE_MOST} bytes")),
            Format::Jsonl => parse(&line),
            Format::Csv => csv::line(&line, number == 1),
        };
        match parsed {
            Ok(None) => {}
            Ok(Some(item)) => {
                let part = size.map(|size| read as f64 / size as f64);
                importer.take(number, item, part).await?;
            }
            Err(error) => {
                importer.send().await?;
                return Err(importer.stopped(number, &error));
            }
        }
    }
}

/// What a line of an export says; `None` for an empty one.
pub fn parse(line: &[u8]) -> Result<Option<Exported>, String> {
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(line).map(Some).map_err(|e| format!("it cannot be read: {e}"))
}
