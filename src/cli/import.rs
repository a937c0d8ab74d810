//! `seen import`: imports the output of `seen export`, CSV, Abacus' counters, or
//! GoatCounter's export.

mod abacus;
mod csv;
mod goatcounter;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::exit::Failure;
use super::open;
use super::progress::ProgressLine;
use super::remote::Remote;
use crate::config::{Import, ImportFormat};
use crate::model::export::{Exported, ExportedCounter, OnConflict};
use crate::model::token;
use crate::store::Location;
use crate::transfer::importer::{Importer, Stop};
use crate::transfer::line::{self, MAX_LINE, Summary};

/// The most lines of a request, and its approximate size in bytes.
const REQUEST_LINES: usize = 500;
const REQUEST_BYTES: usize = 1 << 20;

/// The store, or a running seen.
enum Destination {
    Here(Box<Importer>),
    Remote(Box<Sending>),
}

/// Lines on their way to a running seen.
struct Sending {
    remote: Remote,
    on_conflict: OnConflict,
    /// The lines to be sent.
    bytes: Vec<u8>,
    /// For each of them, its line number in the source.
    lines: Vec<usize>,
    done: Summary,
}

impl Sending {
    fn push(&mut self, line: usize, item: &Exported) {
        self.lines.push(line);
        // Writing numbers and text to memory cannot fail.
        serde_json::to_writer(&mut self.bytes, item).expect("a line is JSON");
        self.bytes.push(b'\n');
    }

    /// Sends the waiting lines.
    async fn send(&mut self) -> Result<Option<Stop>, Failure> {
        let (bytes, lines) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.lines));
        if lines.is_empty() {
            return Ok(None);
        }
        let answer = self.remote.import(bytes, self.on_conflict).await?;
        self.done.add(answer.done);
        Ok(answer.stopped.map(|Stop { line: nth, error }| {
            let line = lines.get(nth.saturating_sub(1)).or(lines.last());
            Stop { line: line.copied().unwrap_or_default(), error }
        }))
    }
}

/// One import: its destination, its progress, and the names in its messages.
struct ImportRun {
    target: Destination,
    progress: ProgressLine,
    /// The source's name, for messages.
    file: String,
    /// The command that continues the import once a line is corrected.
    again: String,
    on_conflict: OnConflict,
    /// The counters of another service, which have names instead of line numbers.
    names: Vec<String>,
}

impl ImportRun {
    async fn take(
        &mut self,
        line: usize,
        item: Exported,
        part: Option<f64>,
    ) -> Result<(), Failure> {
        match &mut self.target {
            Destination::Here(importer) => {
                let pushed = importer.push(line, item).await;
                pushed.map_err(|stop| self.stopped(&stop))?;
            }
            Destination::Remote(sending) => {
                sending.push(line, &item);
                if sending.lines.len() >= REQUEST_LINES || sending.bytes.len() >= REQUEST_BYTES {
                    self.send().await?;
                }
            }
        }
        self.progress.more(1, part);
        Ok(())
    }

    /// Takes the next counter of another service, or the error in it.
    async fn take_counter(
        &mut self,
        name: String,
        item: Result<Exported, String>,
    ) -> Result<(), Failure> {
        self.names.push(name);
        let nth = self.names.len();
        match item {
            Ok(item) => self.take(nth, item, None).await,
            Err(error) => self.stop(nth, error).await,
        }
    }

    /// Ends the import at a line that cannot be read, once the lines before it are imported.
    async fn stop(&mut self, line: usize, error: String) -> Result<(), Failure> {
        self.send().await?;
        Err(self.stopped(&Stop { line, error }))
    }

    /// Imports or sends the waiting lines.
    async fn send(&mut self) -> Result<(), Failure> {
        let stopped = match &mut self.target {
            Destination::Here(importer) => importer.flush().await.err(),
            Destination::Remote(sending) => sending.send().await?,
        };
        stopped.map_or(Ok(()), |stop| Err(self.stopped(&stop)))
    }

    fn done(&self) -> Summary {
        match &self.target {
            Destination::Here(importer) => importer.done(),
            Destination::Remote(sending) => sending.done,
        }
    }

    fn stopped(&self, Stop { line, error }: &Stop) -> Failure {
        let (done, before) = (self.done(), line - 1);
        let name = self.names.get(before);
        let what = if name.is_some() { "counter" } else { "line" };
        let imported = match before {
            0 => "Nothing was imported".to_owned(),
            1 => format!("The {what} before it is in ({done})"),
            n => format!("The {n} {what}s before it are in ({done})"),
        };
        let Self { file, again, .. } = self;
        let sentence = match name {
            Some(name) => format!("{name}: {error}. {imported}. {}", self.again_after(before)),
            None => format!(
                "line {line}: {error}. {imported}. Correct the line and continue from it: tail -n \
                 +{line} {file} | {again}"
            ),
        };
        Failure::new(1, sentence)
    }

    /// How to go on once a counter of another service is corrected. A service hands out its
    /// counters from the first one again.
    fn again_after(&self, before: usize) -> &'static str {
        match self.on_conflict {
            _ if before == 0 => "Correct this and run the same command again",
            OnConflict::Skip => {
                "Correct this and run the same command again: it skips counters that exist already"
            }
            OnConflict::Replace => {
                "Correct this and run the same command again: it replaces counters that exist \
                 already"
            }
            OnConflict::Add => {
                "Correct this, but do not run the same command again, which would add what is in \
                 a second time: --on-conflict skip imports the counters that do not exist yet"
            }
        }
    }
}

/// Where the counters come from.
enum Source {
    Lines(Lines),
    Abacus(abacus::Abacus),
    GoatCounter(Vec<ExportedCounter>),
}

/// A file or standard input.
struct Lines {
    input: BufReader<Box<dyn Read>>,
    name: String,
    size: Option<u64>,
}

impl Source {
    async fn open(settings: &Import) -> Result<Self, Failure> {
        match (&settings.from_abacus, &settings.from_goatcounter, &settings.host) {
            (Some(url), ..) => abacus::Abacus::connect(url).await.map(Self::Abacus),
            (_, Some(folder), Some(host)) => goatcounter::read(folder, host).map(Self::GoatCounter),
            _ => Lines::open(settings.file.as_deref()).map(Self::Lines),
        }
    }
}

/// Imports a file, standard input, or Abacus' counters.
pub async fn run(settings: &Import) -> Result<(), Failure> {
    // Before the store, which a wrong name of the source would otherwise create.
    let source = Source::open(settings).await?;
    let on_conflict = settings.on_conflict;
    let target = match &settings.place.url {
        Some(url) => {
            let remote = Remote::connect(url, &settings.place).await?;
            let (bytes, lines, done) = (Vec::new(), Vec::new(), Summary::default());
            Destination::Remote(Box::new(Sending { remote, on_conflict, bytes, lines, done }))
        }
        None => {
            let counters = open::counters(&settings.place, "import", false).await?;
            let key = token::random().map_err(|e| Failure::new(1, e))?;
            Destination::Here(Box::new(Importer::new(counters, on_conflict, key)))
        }
    };
    let file = settings.file.as_deref().filter(|file| file.as_os_str() != "-");
    let file = file.map_or_else(|| "FILE".into(), |file| file.display().to_string());
    let (progress, again, names) = (ProgressLine::default(), again(settings), Vec::new());
    let mut import = ImportRun { target, progress, file, again, on_conflict, names };
    let read = match source {
        Source::Lines(lines) => lines.read(settings.format, &mut import).await,
        Source::Abacus(abacus) => abacus.read(&mut import).await,
        Source::GoatCounter(counters) => take_all(counters, &mut import).await,
    };
    // Import the lines before one that cannot be read.
    let sent = import.send().await;
    if let Destination::Here(importer) = &import.target {
        importer.counters.close().await;
    }
    sent?;
    read?;
    import.progress.end(&import.done().to_string());
    Ok(())
}

/// The command that imports the rest. Secrets stay in the environment.
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
        (*format == ImportFormat::Csv).then(|| ("format", "csv".into())),
        (*on_conflict != OnConflict::Skip).then(|| ("on-conflict", on_conflict.as_str().into())),
    ];
    for (flag, value) in flags.into_iter().flatten() {
        command.push_str(&format!(" --{flag} {value}"));
    }
    command + " -"
}

async fn take_all(counters: Vec<ExportedCounter>, import: &mut ImportRun) -> Result<(), Failure> {
    for counter in counters {
        let name = format!("{}/{}", counter.namespace, counter.key);
        import.take_counter(name, Ok(Exported::Counter(Box::new(counter)))).await?;
    }
    Ok(())
}

impl Lines {
    fn open(file: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = file.filter(|file| file.as_os_str() != "-") else {
            let input = BufReader::new(Box::new(io::stdin()) as Box<dyn Read>);
            return Ok(Self { input, name: "the input".into(), size: None });
        };
        let name = path.display().to_string();
        let file = File::open(path).map_err(|e| unreadable(&name, &e))?;
        let size = file.metadata().ok().map(|m| m.len()).filter(|size| *size > 0);
        let mut input = BufReader::new(Box::new(file) as Box<dyn Read>);
        // A folder can be opened, but not read.
        input.fill_buf().map_err(|e| unreadable(&name, &e))?;
        Ok(Self { input, name, size })
    }

    async fn read(self, format: ImportFormat, import: &mut ImportRun) -> Result<(), Failure> {
        let Self { mut input, name, size } = self;
        let (mut line, mut number, mut read) = (Vec::new(), 0, 0_u64);
        loop {
            line.clear();
            let length = (&mut input)
                .take(MAX_LINE as u64 + 1)
                .read_until(b'\n', &mut line)
                .map_err(|e| unreadable(&name, &e))?;
            if length == 0 {
                return Ok(());
            }
            number += 1;
            read += length as u64;
            let parsed = match format {
                _ if length > MAX_LINE => Err(format!("longer than {MAX_LINE} bytes")),
                ImportFormat::Jsonl => line::parse(&line).map_err(|error| with_hint(&line, error)),
                ImportFormat::Csv => csv::line(&line, number == 1),
            };
            match parsed {
                Ok(None) => {}
                Ok(Some(item)) => {
                    let part = size.map(|size| read as f64 / size as f64);
                    import.take(number, item, part).await?;
                }
                Err(error) => return import.stop(number, error).await,
            }
        }
    }
}

/// The error in a line of JSON, with a hint for a line that may be CSV.
fn with_hint(line: &[u8], error: String) -> String {
    let is_json = line.trim_ascii_start().starts_with(b"{")
        || serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
    if is_json { error } else { error + "; CSV needs --format csv" }
}

fn unreadable(name: &str, error: &io::Error) -> Failure {
    Failure::new(1, format!("cannot read {name}: {error}"))
}
