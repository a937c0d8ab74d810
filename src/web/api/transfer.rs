//! `/export` and `/import`: all counters as JSON lines. Both need the instance's token and use
//! bounded memory.

use std::io;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, TryStreamExt, stream};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};
use tokio_util::io::StreamReader;

use crate::model::export::{COUNTERS, OnConflict};
use crate::model::token;
use crate::store::StoreError;
use crate::transfer::importer::{Importer, Stop};
use crate::transfer::line::{MAX_LINE, Summary, parse};
use crate::transfer::walk::Walk;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::{Doc, QueryParam, schema};
use crate::web::request::auth::Bearer;
use crate::web::request::idempotency::{ID, IdempotencyKey};
use crate::web::request::query::Query;

/// The OpenAPI description of `/export`.
pub(crate) const EXPORT: Doc = Doc::other("Export all counters as JSON lines", LINES).owners();

/// The OpenAPI description of `/import`.
pub(crate) const IMPORT: Doc = Doc {
    body: Some(schema::<String>),
    takes: LINES,
    ..Doc::json::<ImportReport>("Import the output of /export; stops at the first invalid line")
        .query(&[QueryParam::new(
            "on-conflict",
            "What to do with a counter that exists already",
            || json!({ "type": "string", "enum": ["skip", "replace", "add"], "default": "skip" }),
        ), IMPORT_ID])
        .other_responses(&[(422, schema::<ImportReport>)])
        .owners()
};

/// `?id=` of an import, or `Idempotency-Key`.
const IMPORT_ID: QueryParam = QueryParam::new(
    "id",
    "An import repeated with the same id within ten minutes is applied once",
    ID.schema,
);

/// The media type of an export.
const LINES: &str = "application/x-ndjson";

/// Every namespace and counter. An error midway closes the connection, so that a partial
/// export does not look complete.
pub(crate) async fn export(State(app): State<App>, bearer: Bearer) -> Result<Response, ApiError> {
    bearer.instance(&app)?;
    let walk = Walk::new(app.counters.clone());
    let lines = stream::try_unfold(walk, async |mut walk| {
        Ok::<_, crate::store::StoreError>(walk.next().await?.map(|lines| (lines, walk)))
    });
    // An empty chunk would end the body.
    let lines = lines.filter(|l| std::future::ready(!matches!(l, Ok(l) if l.is_empty())));
    let headers = [(CONTENT_TYPE, LINES), (CACHE_CONTROL, "no-store")];
    let counters = [(COUNTERS, app.counters.size().await?.to_string())];
    Ok((headers, counters, Body::from_stream(lines)).into_response())
}

/// The result of an import.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Import")]
struct ImportReport {
    #[serde(flatten)]
    done: Summary,
    /// The line that stopped it, and why. All lines before it are imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<Stop>,
}

/// Imports lines as they arrive, up to the first that fails.
pub(crate) async fn import(
    State(app): State<App>,
    bearer: Bearer,
    IdempotencyKey(key): IdempotencyKey,
    query: Query,
    body: Body,
) -> Result<Response, ApiError> {
    bearer.instance(&app)?;
    let on_conflict = match query.get("on-conflict") {
        None => OnConflict::Skip,
        Some(word) => OnConflict::from_word(word).ok_or_else(|| {
            ApiError::invalid_parameter("on-conflict", word, "skip, replace or add")
        })?,
    };
    let key = match key {
        Some(key) => key.0,
        None => token::random().map_err(StoreError::from)?,
    };
    let mut importer = Importer::new(app.counters.clone(), on_conflict, key);
    let stopped = read(body, &mut importer).await.err();
    let done = importer.done();
    let status = if stopped.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, Json(ImportReport { done, stopped })).into_response())
}

/// Reads lines as they arrive, and imports them.
async fn read(body: Body, importer: &mut Importer) -> Result<(), Stop> {
    let bytes = StreamReader::new(body.into_data_stream().map_err(io::Error::other));
    let mut lines = FramedRead::new(bytes, LinesCodec::new_with_max_length(MAX_LINE));
    let mut number = 0;
    while let Some(line) = lines.next().await {
        number += 1;
        let parsed = match line {
            Ok(line) => parse(line.as_bytes()),
            Err(LinesCodecError::MaxLineLengthExceeded) => {
                Err(format!("longer than {MAX_LINE} bytes"))
            }
            Err(LinesCodecError::Io(error)) => Err(format!("the body ended: {error}")),
        };
        match parsed {
            Ok(None) => {}
            Ok(Some(item)) => importer.push(number, item).await?,
            Err(error) => {
                importer.flush().await?;
                return Err(Stop { line: number, error });
            }
        }
    }
    importer.flush().await
}
