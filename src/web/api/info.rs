//! `/info/{namespace}/{key}`: everything public about a counter.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::count::{Count, Sources};
use crate::model::name::Counter;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi;
use crate::web::openapi::{CALLBACK, Doc};
use crate::web::request::path::Path;
use crate::web::request::settings::SettingsBody;
use crate::web::response::jsonp::Callback;
use crate::web::response::value::NO_STORE;

/// Abacus' fields first, then seen's own.
#[derive(JsonSchema, Serialize)]
struct Info {
    /// −1 for a counter that does not exist.
    value: i64,
    full_key: String,
    /// Whether it has no token of its own.
    is_genuine: bool,
    /// Always −1: counters do not expire.
    expires_in: i64,
    expires_str: &'static str,
    exists: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    more: Option<More>,
}

#[derive(JsonSchema, Serialize)]
struct More {
    /// In seconds since the epoch.
    created: u64,
    /// Hits today (UTC).
    today: u64,
    /// Hits of browsers, bots excluded.
    human: u64,
    /// Unique visitors today (UTC), within about 1 %.
    unique_today: u64,
    #[schemars(with = "std::collections::BTreeMap<&str, u64>")]
    sources: Sources,
    settings: SettingsBody,
}

/// The OpenAPI description of `/info/{namespace}/{key}`.
pub(crate) const DOC: Doc = Doc::json::<Info>("Read everything public about a counter")
    .query(&[CALLBACK])
    .other_responses(&[(404, openapi::schema::<Info>)]);

/// The facts, or a 404 with the same fields for a counter that does not exist.
pub(crate) async fn info(
    State(app): State<App>,
    Path(counter): Path,
    callback: Callback,
) -> Result<Response, ApiError> {
    match app.counters.count(&counter).await? {
        Some(count) => callback.answer(&Info::of(&counter, count)),
        None => {
            let body = Json(Info::missing(&counter));
            Ok((StatusCode::NOT_FOUND, [NO_STORE], body).into_response())
        }
    }
}

impl Info {
    fn of(counter: &Counter, count: Count) -> Self {
        Self {
            value: count.total,
            is_genuine: count.token.is_none(),
            exists: true,
            more: Some(More {
                created: count.created.0,
                today: count.today,
                human: count.sources.human(),
                unique_today: count.uniques_today,
                sources: count.sources,
                settings: count.settings.into(),
            }),
            ..Self::missing(counter)
        }
    }

    fn missing(counter: &Counter) -> Self {
        Self {
            value: -1,
            full_key: format!("K:{}:{}", counter.namespace, counter.key),
            is_genuine: true,
            expires_in: -1,
            expires_str: "never",
            exists: false,
            more: None,
        }
    }
}
