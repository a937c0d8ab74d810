//! `seen export`: every namespace and counter as a JSON line.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::exit::Failure;
use super::open;
use super::progress::ProgressLine;
use super::remote::Remote;
use crate::config::Export;
use crate::transfer::walk::Walk;

/// Writes all lines to standard output or a file.
pub async fn run(settings: &Export) -> Result<(), Failure> {
    let written = match &settings.file {
        Some(file) => into_file(settings, file).await,
        None => write(settings, io::stdout().lock()).await,
    };
    written.or_else(|error| match error {
        // A reader such as `head` closed the pipe, which is not an error.
        WriteError::Output(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        WriteError::Output(e) => Err(Failure::new(1, format!("cannot write the export: {e}"))),
        WriteError::Failure(failure) => Err(failure),
    })
}

/// Writes a file, which replaces one of the same name only once it is complete: a failed export
/// must not cost the last good backup.
async fn into_file(settings: &Export, file: &Path) -> Result<(), WriteError> {
    // A symbolic link stays, with another file behind it.
    let path = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        // A device or a pipe.
        return write(settings, create(&path, OpenOptions::new().write(true))?).await;
    }
    let mut part = path.clone().into_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    // One of an export that was killed.
    let _ = fs::remove_file(&part);
    // The file holds the digests of all tokens.
    let output = create(&part, OpenOptions::new().write(true).create_new(true).mode(0o600))?;
    let written = match write(settings, &output).await {
        Ok(()) => {
            output.sync_all().and_then(|()| fs::rename(&part, &path)).map_err(WriteError::Output)
        }
        error => error,
    };
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

fn create(path: &Path, options: &OpenOptions) -> Result<File, WriteError> {
    options.open(path).map_err(|e| {
        WriteError::Failure(Failure::new(1, format!("cannot write {}: {e}", path.display())))
    })
}

enum WriteError {
    Output(io::Error),
    Failure(Failure),
}

async fn write(settings: &Export, output: impl Write) -> Result<(), WriteError> {
    let mut output = BufWriter::new(output);
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
