//! `/stats`: totals since this process started.

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::{CALLBACK, Doc};
use crate::web::response::jsonp::Callback;

/// Those of Abacus' fields that apply to seen.
#[derive(JsonSchema, Serialize)]
struct Stats {
    version: &'static str,
    /// In Abacus' format, such as `1h2m3s`.
    uptime: String,
    commands: Commands,
}

#[derive(JsonSchema, Serialize)]
struct Commands {
    total: u64,
    hit: u64,
    create: u64,
}

/// The OpenAPI description of `/stats`.
pub(crate) const DOC: Doc =
    Doc::json::<Stats>("Read the statistics of this process").query(&[CALLBACK]);

/// The load of the process. Nothing in it is about a single counter.
pub(crate) async fn stats(
    State(app): State<App>,
    callback: Callback,
) -> Result<Response, ApiError> {
    let done = app.metrics.so_far();
    callback.answer(&Stats {
        version: env!("CARGO_PKG_VERSION"),
        uptime: uptime(app.started.elapsed().as_secs()),
        commands: Commands { total: done.requests, hit: done.hits, create: done.created },
    })
}

/// A duration in Go's format.
pub(crate) fn uptime(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_reads_as_go_writes_it() {
        let read = [0, 59, 61, 5025].map(uptime);
        assert_eq!(read, ["0s", "59s", "1m1s", "1h23m45s"]);
    }
}
