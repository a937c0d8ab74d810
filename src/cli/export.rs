//! `seen export`: every namespace and counter as a JSON line.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;

use super::exit::Failure;
use super::open;
use super::progress::ProgressLine;
use super::remote::Remote;
use crate::config::Export;
use crate::transfer::walk::Walk;

/// Writes all lines to standard output or a file.
pub async fn run(settings: &Export) -> Result<(), Failure> {
    let output: Box<dyn Write> = match &settings.file {
        Some(file) => Box::new(
            // The file holds the digests of all tokens.
            OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(file)
                .map_err(|e| Failure::new(1, format!("cannot write {}: {e}", file.display())))?,
        ),
        None => Box::new(io::stdout().lock()),
    };
    let mut output = BufWriter::new(output);
    match write(settings, &mut output).await {
        // A reader such as `head` closed the pipe, which is not an error.
        Err(WriteError::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(WriteError::Output(e)) => Err(Failure::new(1, format!("cannot write the export: {e}"))),
        Err(WriteError::Failure(failure)) => Err(failure),
        Ok(()) => Ok(()),
    }
}

enum WriteError {
    Output(io::Error),
    Failure(Failure),
}

async fn write(settings: &Export, output: &mut impl Write) -> Result<(), WriteError> {
    let mut progress = ProgressLine::default();
    if let Some(url) = &settings.place.url {
        let mut remote =
            Remote::connect(url, &settings.place).await.map_err(WriteError::Failure)?;
        let (mut pages, all) = remote.export().await.map_err(WriteError::Failure)?;
        while let Some(lines) = pages.next().await.map_err(WriteError::Failure)? {
            output.write_all(&lines).map_err(WriteError::Output)?;
            progress.more_of(&lines, all);
        }
    } else {
        let counters = open::counters(&settings.place, "export", true).await;
        let counters = counters.map_err(WriteError::Failure)?;
        let all = counters.size().await.ok();
        let mut walk = Walk::new(counters.clone());
        while let Some(lines) =
            walk.next().await.map_err(|e| WriteError::Failure(Failure::new(1, e)))?
        {
            output.write_all(&lines).map_err(WriteError::Output)?;
            progress.more_of(&lines, all);
        }
        counters.close().await;
    }
    output.flush().map_err(WriteError::Output)?;
    progress.end(&format!("exported {} lines", progress.done()));
    Ok(())
}
