//! `/export` and `/import`: all counters as JSON lines, for whoever holds the
//! instance's token. Both take bounded memory.

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::model::export::{COUNTERS, OnConflict};
use crate::model::token;
use crate::store::StoreError;
use crate::transfer::batch::{Batch, Stop};
use crate::transfer::line::{MAX_LINE, Summary, parse};
use crate::transfer::walk::Walk;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::{Doc, Param, schema};
use crate::web::request::auth::Bearer;
use crate::web::request::idempotency::{ID, IdempotencyKey};

/// `/export` in the document.
pub(crate) const EXPORT: Doc = Doc::other("Take all counters along, as JSON lines", LINES).owners();

/// `/import` in the document.
pub(crate) const IMPORT: Doc = Doc {
    body: Some(schema::<String>),
    takes: LINES,
    ..Doc::json::<Answer>("Take in what /export gave, up to the first line that cannot be")
        .query(&[Param::new(
            "on-conflict",
            "What to do with a counter that is there",
            || json!({ "type": "string", "enum": ["skip", "replace", "add"], "default": "skip" }),
        ), IMPORT_ID])
        .other_responses(&[(422, schema::<Answer>)])
        .owners()
};

/// `?id=` of an import, or `Idempotency-Key`.
const IMPORT_ID: Param =
    Param::new("id", "Under the same id an import is added once in ten minutes", ID.schema);

/// The media type of an export.
const LINES: &str = "application/x-ndjson";

/// Every namespace and counter. An error on the way cuts the connection, so
/// that half an export does not look like a whole one.
pub(crate) async fn export(State(app): State<App>, bearer: Bearer) -> Result<Response, ApiError> {
    bearer.instance(&app)?;
    let walk = Walk::new(app.counters.clone());
    let lines = stream::try_unfold(walk, async |mut walk| {
        Ok::<_, crate::store::StoreError>(walk.next().await?.map(|lines| (lines, walk)))
    });
    // An empty chunk would be the last one.
    let lines = lines.filter(|l| std::future::ready(!matches!(l, Ok(l) if l.is_empty())));
    let headers = [(CONTENT_TYPE, LINES), (CACHE_CONTROL, "no-store")];
    let counters = [(COUNTERS, app.counters.size().await?.to_string())];
    Ok((headers, counters, Body::from_stream(lines)).into_response())
}

/// What is to become of counters that are there.
#[derive(Deserialize)]
pub(crate) struct Conflict {
    #[serde(rename = "on-conflict", default)]
    on_conflict: Option<String>,
}

/// What an import did.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Import")]
struct Answer {
    #[serde(flatten)]
    done: Summary,
    /// The line that stopped it, and why; what came before it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<Stop>,
}

/// Takes in lines as they arrive, up to the first that cannot be.
pub(crate) async fn import(
    State(app): State<App>,
    bearer: Bearer,
    IdempotencyKey(key): IdempotencyKey,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, ApiError> {
    bearer.instance(&app)?;
    let conflict: Conflict = serde_urlencoded::from_str(query.as_deref().unwrap_or_default())
        .map_err(ApiError::invalid_query)?;
    let on_conflict = match conflict.on_conflict.as_deref() {
        None => OnConflict::Skip,
        Some(word) => OnConflict::from_word(word).ok_or_else(|| {
            ApiError::invalid_parameter("on-conflict", word, "skip, replace or add")
        })?,
    };
    let key = match key {
        Some(key) => key.0,
        None => token::random().map_err(StoreError::from)?,
    };
    let mut batch = Batch::new(app.counters.clone(), on_conflict, key);
    let stopped = read(body, &mut batch).await.err();
    let done = batch.done();
    let status = if stopped.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, Json(Answer { done, stopped })).into_response())
}

/// Reads lines as they arrive, and takes them in.
async fn read(body: Body, batch: &mut Batch) -> Result<(), Stop> {
    let (mut number, mut rest) = (0, Vec::new());
    let mut body = body.into_data_stream();
    loop {
        let chunk = body.next().await;
        let ended = chunk.is_none();
        match chunk {
            Some(Ok(chunk)) => rest.extend_from_slice(&chunk),
            Some(Err(error)) => {
                batch.flush().await?;
                return Err((number + 1, format!("the body ended: {error}")));
            }
            None if rest.is_empty() => return batch.flush().await,
            None => rest.push(b'\n'),
        }
        let mut from = 0;
        while let Some(length) = rest[from..].iter().position(|b| *b == b'\n') {
            number += 1;
            let line = parse(&rest[from..from + length]);
            from += length + 1;
            match line {
                Ok(None) => {}
                Ok(Some(item)) => batch.push(number, item).await?,
                Err(error) => {
                    batch.flush().await?;
                    return Err((number, error));
                }
            }
        }
        rest.drain(..from);
        if rest.len() > MAX_LINE {
            batch.flush().await?;
            return Err((number + 1, format!("longer than {MAX_LINE} bytes")));
        }
        if ended {
            return batch.flush().await;
        }
    }
}
