//! The three formats of CountAPI's answers: JSON, JSONP (`?callback=`), and a picture of one
//! pixel (`?img`).

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::model::name::Counter;
use crate::web::error::ApiError;
use crate::web::limits::MeantStatus;
use crate::web::openapi::{CALLBACK, QueryParam};
use crate::web::request::query::Query;
use crate::web::response::jsonp::Callback;
use crate::web::response::value::NO_STORE;

/// The header with an answer's counter, as `namespace/key`. With `:HOST:` and `:PATHNAME:`
/// the client would not know it.
pub(crate) const X_PATH: HeaderName = HeaderName::from_static("x-path");

/// The media type of [`PIXEL`].
pub(crate) const GIF: HeaderValue = HeaderValue::from_static("image/gif");

/// A transparent pixel: GIF89a, 1×1, two colours of which the first is not drawn.
pub(crate) const PIXEL: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x01D\0;";

/// The parameters that choose the format.
pub(crate) const FORMAT: [QueryParam; 2] = [CALLBACK, IMG];

/// The OpenAPI description of `?img`.
pub(crate) const IMG: QueryParam =
    QueryParam::new("img", "Answer with a picture of one pixel", || json!({ "type": "string" }));

/// The format that the query asks for.
pub(crate) struct ReplyFormat {
    image: bool,
    callback: Option<Callback>,
}

impl<S: Send + Sync> FromRequestParts<S> for ReplyFormat {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let query = Query::from_request_parts(parts, state).await?;
        let callback = match query.get("callback") {
            None => None,
            Some(_) => Some(Callback::from_request_parts(parts, state).await?),
        };
        Ok(Self { image: query.get("img").is_some(), callback })
    }
}

/// The error of an invalid callback.
pub(crate) struct Refused(ApiError);

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        ReplyFormat { image: false, callback: None }.answer(Err(self.0))
    }
}

/// A status, a body, and the counter that they are about.
pub(crate) struct Reply {
    status: StatusCode,
    body: Value,
    path: Option<Counter>,
}

impl Reply {
    /// An answer about a counter.
    pub(crate) fn of(counter: Counter, status: StatusCode, body: impl Serialize) -> Self {
        Self { status, body: to_json(body), path: Some(counter) }
    }

    /// An answer about no counter.
    pub(crate) fn plain(status: StatusCode, body: impl Serialize) -> Self {
        Self { status, body: to_json(body), path: None }
    }

    /// `{"error":…}` about a counter.
    pub(crate) fn error(counter: Counter, status: StatusCode, error: &str) -> Self {
        Self::of(counter, status, CountApiError { error })
    }
}

/// Serializes a body. Names, numbers and words never fail.
fn to_json(body: impl Serialize) -> Value {
    serde_json::to_value(body).unwrap_or_default()
}

/// CountAPI's error body.
#[derive(Serialize)]
struct CountApiError<'a> {
    error: &'a str,
}

/// `{"value":n}`; null where there is no counter.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "CountApiValue")]
pub(crate) struct CountApiNumber {
    /// The total.
    pub value: Option<i64>,
}

/// `{"error":…}` with CountAPI's status, or seen's for errors that CountAPI does not have.
fn status_and_message(error: &ApiError) -> Reply {
    let (status, words) = error.status_and_message();
    Reply::plain(status, CountApiError { error: words })
}

impl ReplyFormat {
    /// The answer in this format.
    pub(crate) fn answer(self, reply: Result<Reply, ApiError>) -> Response {
        let (mut reply, error) = match reply {
            Ok(reply) => (reply, None),
            Err(error) => (status_and_message(&error), Some(error)),
        };
        let path = reply.path.as_ref().and_then(|c| HeaderValue::try_from(c.to_string()).ok());
        let mut response = match self.callback {
            // Always a picture, since a broken one helps nobody.
            _ if self.image => ([(CONTENT_TYPE, GIF)], PIXEL).into_response(),
            // Always 200, since browsers do not run a script that failed to load.
            Some(callback) => {
                reply.body["code"] = reply.status.as_u16().into();
                if let Some(counter) = &reply.path {
                    reply.body["path"] = counter.to_string().into();
                }
                callback.answer(&reply.body).unwrap_or_else(IntoResponse::into_response)
            }
            None => (reply.status, Json(reply.body)).into_response(),
        };
        response.extensions_mut().insert(MeantStatus(reply.status));
        let headers = response.headers_mut();
        if let Some(path) = path {
            headers.insert(X_PATH, path);
        }
        headers.insert(NO_STORE.0, NO_STORE.1);
        // Adds the cause for the log, and `Retry-After`.
        if let Some(error) = error {
            error.annotate(&mut response);
        }
        response
    }
}
