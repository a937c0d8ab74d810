//! `/stream/{namespace}/{key}`: a counter's number as it changes, as server-sent events (HTML,
//! section 9.2). `/stream/{namespace}/{a,b}` watches several.
//!
//! The first events carry the current numbers. An event's id is the state of all watched
//! counters, so a client that reconnects with `Last-Event-ID`, to this process or another,
//! receives only what has changed since.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::counters::Counters;
use crate::model::name::Name;
use crate::model::permits::Permit;
use crate::store::live::{News, Subscription};
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::{Doc, Names};
use crate::web::request::caller::Caller;
use crate::web::request::path::Paths;
use crate::web::response::Live;
use crate::web::response::value::NO_STORE;

/// The pause between two rounds of events, so that a client gets at most ten numbers a second
/// of each counter. Streams pause independently: if all were written to at once, hits would
/// have to wait.
const PAUSE: Duration = Duration::from_millis(100);
/// How often a silent stream sends a comment, so that proxies keep it open.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// The most counters on one stream, since each event's id holds the state of all.
const MAX_COUNTERS: usize = 32;
/// An unknown number, in an id.
const NONE: &str = "-";

/// The pause after a read of missed totals that failed.
const READ_AGAIN: Duration = Duration::from_secs(1);

#[derive(JsonSchema, Serialize)]
struct Data<'a> {
    /// The counter, if there are several. Absent for one, as in Abacus' streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a Name>,
    /// Null for a counter that does not exist (yet).
    value: Option<i64>,
}

/// The OpenAPI description of `/stream/{namespace}/{key}`.
pub(crate) const DOC: Doc = Doc::other(
    "Stream the number of a counter as it changes, or of several separated by commas",
    "text/event-stream",
)
.names(Names::Several(MAX_COUNTERS));

/// Streams events until the client disconnects or the process stops.
pub(crate) async fn stream(
    State(app): State<App>,
    caller: Caller,
    Paths { namespace, keys }: Paths,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if keys.len() > MAX_COUNTERS {
        return Err(ApiError::too_many("counters", keys.len(), MAX_COUNTERS));
    }
    let permit = app.stream_permits.take(caller.client).map_err(ApiError::no_stream)?;
    // Subscribe before reading, so that no change between the two is missed.
    let subscription = app.counters.subscribe(&namespace).await?;
    let totals = app.counters.totals(&namespace, &keys).await?;
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
    let told = told(last, keys.len());
    let watching = Watching {
        counters: app.counters.clone(),
        stop: app.stop.clone(),
        _permit: permit,
        namespace,
        keys,
        subscription,
        totals,
        told,
        events: VecDeque::new(),
        next_round: Instant::now(),
        next_read: None,
    };
    let events = stream::unfold(watching, |mut watching| async {
        let event = watching.next().await?;
        Some((Ok::<_, Infallible>(event), watching))
    });
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    // A proxy that buffers whole answers would never forward this one.
    let no_buffering = [("x-accel-buffering", "no")];
    Ok((Extension(Live), [NO_STORE], no_buffering, events).into_response())
}

/// Reads the state in an id. Without a valid one, nothing is known.
fn told(id: &str, counters: usize) -> Vec<Option<Option<i64>>> {
    let numbers = id.split(',').map(|text| match text {
        NONE => Some(None),
        number => number.parse().ok().map(Some),
    });
    let numbers: Vec<_> = numbers.collect();
    if numbers.len() == counters { numbers } else { vec![None; counters] }
}

/// One client's stream, dropped when the client goes.
struct Watching {
    counters: Counters,
    stop: CancellationToken,
    _permit: Permit,
    namespace: Name,
    keys: Vec<Name>,
    subscription: Subscription,
    /// The current totals, by counter.
    totals: Vec<Option<i64>>,
    /// The totals last sent; `None` before the first.
    told: Vec<Option<Option<i64>>>,
    /// Events to send.
    events: VecDeque<Event>,
    next_round: Instant,
    /// When to read the totals again, since the store did not answer.
    next_read: Option<Instant>,
}

impl Watching {
    /// The next event; `None` when the process stops.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            let due = self.totals.iter().zip(&self.told).any(|(now, told)| Some(*now) != *told);
            let next_read = self.next_read;
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                () = sleep_until(self.next_round), if due => self.round(),
                () = sleep_until(next_read.unwrap_or(self.next_round)), if next_read.is_some() => {
                    self.read().await;
                }
                news = self.subscription.next() => self.hear(news).await,
            }
        }
    }

    /// Applies news to the totals.
    async fn hear(&mut self, news: News) {
        match news {
            News::Updates(updates) => {
                for update in updates.iter() {
                    if let Some(at) = self.keys.iter().position(|key| *key == update.key) {
                        self.totals[at] = update.total;
                    }
                }
            }
            News::Missed => self.read().await,
        }
    }

    /// Reads all totals, and tries again later if the store does not answer.
    async fn read(&mut self) {
        self.next_read = None;
        match self.counters.totals(&self.namespace, &self.keys).await {
            Ok(totals) => self.totals = totals,
            Err(_) => self.next_read = Some(Instant::now() + READ_AGAIN),
        }
    }

    /// Queues an event for every total that was not sent yet.
    fn round(&mut self) {
        self.next_round = Instant::now() + PAUSE;
        for at in 0..self.keys.len() {
            let value = self.totals[at];
            if self.told[at] == Some(value) {
                continue;
            }
            self.told[at] = Some(value);
            let key = (self.keys.len() > 1).then(|| &self.keys[at]);
            let event = Event::default().id(self.id()).json_data(Data { key, value });
            // Names and numbers always have a JSON form.
            self.events.extend(event.ok());
        }
    }

    /// The id of the state that was sent.
    fn id(&self) -> String {
        let numbers = self.told.iter().map(|told| match told {
            Some(Some(number)) => number.to_string(),
            Some(None) => NONE.into(),
            None => String::new(),
        });
        numbers.collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_what_was_heard() {
        assert_eq!(told("3,-,", 3), [Some(Some(3)), Some(None), None]);
        assert_eq!(told("-7", 1), [Some(Some(-7))]);
        for nothing in ["", "x", "3", "3,4,5", "3,-,,"] {
            assert_eq!(told(nothing, 2), [None, None], "{nothing}");
        }
    }
}
