//! `/hit/{namespace}/{key}`: counts a hit; `{"value":n}`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::get;
use super::name::CountApiPath;
use super::reply::{CountApiNumber, FORMAT, Reply, ReplyFormat};
use crate::web::App;
use crate::web::count;
use crate::web::openapi::{self, Doc, Names};
use crate::web::request::caller::Caller;

/// The OpenAPI description of this route.
pub(crate) const DOC: Doc = Doc::json::<CountApiNumber>("Count a hit (CountAPI)")
    .names(Names::CountApi)
    .query(&FORMAT)
    .other_responses(&[(404, openapi::schema::<CountApiNumber>)]);

/// Counts a hit.
pub(crate) async fn hit(
    State(app): State<App>,
    caller: Caller,
    format: ReplyFormat,
    path: CountApiPath,
) -> Response {
    if !caller.counts {
        return format.answer(get::read(&app, path).await);
    }
    let counter = match path.0 {
        Ok(counter) => counter,
        Err(error) => return format.answer(Err(error)),
    };
    match count::hit(&app, &caller, &counter, None).await {
        Ok((value, quota)) => {
            let reply = Reply::of(counter, StatusCode::OK, CountApiNumber { value: Some(value) });
            (quota, format.answer(Ok(reply))).into_response()
        }
        Err(error) => format.answer(Err(error)),
    }
}
