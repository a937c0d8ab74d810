//! `seen import`: imports the output of `seen export`, CSV, Abacus' counters, or
//! GoatCounter's export.

mod abacus;
mod csv;
mod goatcounter;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use super::exit::Failure;
use super::open;
use super::progress::ProgressLine;
use super::remote::Remote;
use crate::config::{Import, ImportFormat};
use crate::model::export::{Exported, OnConflict};
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
        let done = self.done();
        let before = match line - 1 {
            0 => "Nothing was imported".to_owned(),
            1 => format!("The line before it is in ({done})"),
            n => format!("The {n} lines before it are in ({done})"),
        };
        let Self { file, again, .. } = self;
        let sentence = format!(
            "line {line}: {error}. {before}. Correct the line and continue from it: tail -n \
             +{line} {file} | {again}"
        );
        Failure::new(1, sentence)
    }
}

/// Imports a file, standard input, or Abacus' counters.
pub async fn run(settings: &Import) -> Result<(), Failure> {
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
    let (progress, again) = (ProgressLine::default(), again(settings));
    let mut import = ImportRun { target, progress, file, again };
    let read = match (&settings.from_abacus, &settings.from_goatcounter, &settings.host) {
        (Some(url), ..) => abacus::read(url, &mut import).await,
        (_, Some(folder), Some(host)) => goatcounter::read(folder, host, &mut import).await,
        _ => read(settings, &mut import).await,
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

async fn read(settings: &Import, import: &mut ImportRun) -> Result<(), Failure> {
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
        let length =
            (&mut input).take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line).map_err(|e| {
                let file =
                    settings.file.as_ref().map_or("the input".into(), |f| f.display().to_string());
                Failure::new(1, format!("cannot read {file}: {e}"))
            })?;
        if length == 0 {
            return Ok(());
        }
        number += 1;
        read += length as u64;
        let parsed = match settings.format {
            _ if length > MAX_LINE => Err(format!("longer than {MAX_LINE} bytes")),
            ImportFormat::Jsonl => line::parse(&line),
            ImportFormat::Csv => csv::line(&line, number == 1),
        };
        match parsed {
            Ok(None) => {}
            Ok(Some(item)) => {
                let part = size.map(|size| read as f64 / size as f64);
                import.take(number, item, part).await?;
            }
            Err(error) => {
                import.send().await?;
                return Err(import.stopped(&Stop { line: number, error }));
            }
        }
    }
}
