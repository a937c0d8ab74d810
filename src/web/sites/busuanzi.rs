//! busuanzi (as busuanzi.ibruce.info and github.com/soxft/busuanzi have it) and vercount
//! (github.com/EvanNotFound/vercount).

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::visit::{ALLOWED, Numbers, Visit};
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::{self, Doc, Param, ResponseBody, text};
use crate::web::pictures::{aliases, badge};
use crate::web::request::body::Body;
use crate::web::request::caller::Caller;
use crate::web::request::query::Query;
use crate::web::response::value::{Callback, NO_STORE};

/// `/busuanzi` in the document.
pub(super) const JSONP: Doc =
    Doc::other("Count a view of the page in `Referer` (busuanzi)", "application/javascript").query(
        &[
            Param::new("jsonpCallback", "The function to call", || (openapi::CALLBACK.schema)()),
            openapi::CALLBACK,
        ],
    );

/// `POST /api` in the document.
pub(super) const HIT: Doc =
    Doc::json::<Success>("Count a view of the page in `x-bsz-referer` (busuanzi)");

/// `GET /api` in the document.
pub(super) const GET: Doc = Doc {
    answer: ResponseBody::Several(openapi::schema::<Success>, &["image/svg+xml"]),
    ..Doc::json::<Success>("Read the numbers of the page in `x-bsz-referer` (busuanzi)")
}
.query(&[Param::new("id", "Count a hit on `visitcount/{id}` and draw a badge instead", text)])
.shared(badge::ONLY_READS)
.looks(badge::specs);

/// `/api/v2/log` in the document.
pub(super) const LOG: Doc = Doc {
    body: Some(openapi::schema::<View>),
    ..Doc::json::<Logged>("Count a view of a page (vercount)")
};

/// busuanzi's answer.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Busuanzi")]
pub(super) struct Success {
    success: bool,
    message: &'static str,
    data: Numbers,
}

/// vercount's answer.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Vercount")]
pub(super) struct Logged {
    status: &'static str,
    message: &'static str,
    data: Numbers,
}

/// What vercount's script sends. It says whether the visitor is new too; seen finds
/// out by itself, without a cookie.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "VercountView")]
pub(super) struct View {
    /// The page's address.
    #[schemars(regex(pattern = "^https?://[A-Za-z0-9_.-]{1,64}(/[ -~]*)?$"))]
    url: String,
}

/// Counts; the numbers go to the function that `?jsonpCallback=` names.
pub(super) async fn jsonp(
    State(app): State<App>,
    caller: Caller,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let name = query.get("jsonpCallback").or(query.get("callback")).unwrap_or("BusuanziCallback");
    let callback = Callback::named(name)?;
    let visit = Visit::of_headers(&headers)?;
    visit.count(&app, &caller).await?;
    callback.answer(&visit.numbers(&app).await?)
}

/// Counts.
pub(super) async fn hit(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let visit = asked(&headers)?;
    visit.count(&app, &caller).await?;
    success(&app, &visit).await
}

/// Reads. With an `id` it is a link to visitcount.itsvg.in's badge.
pub(super) async fn get(
    State(app): State<App>,
    caller: Caller,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    match query.get("id") {
        Some(id) => Ok(aliases::visitcount(&app, &caller, id, &query).await.into_response()),
        None => success(&app, &asked(&headers)?).await,
    }
}

async fn success(app: &App, visit: &Visit) -> Result<Response, ApiError> {
    let body = Success { success: true, message: "ok", data: visit.numbers(app).await? };
    Ok(([NO_STORE], Json(body)).into_response())
}

/// The page that soxft's script names in a header of its own.
fn asked(headers: &HeaderMap) -> Result<Visit, ApiError> {
    match headers.get("x-bsz-referer").and_then(|value| value.to_str().ok()) {
        Some(url) => Visit::of_url("x-bsz-referer", url),
        None => Visit::of_headers(headers),
    }
}

/// Counts what vercount's script sends.
pub(super) async fn log(
    State(app): State<App>,
    caller: Caller,
    body: Body,
) -> Result<Response, ApiError> {
    let view: View = body.json(ALLOWED)?;
    let visit = Visit::of_url("url", &view.url)?;
    visit.count(&app, &caller).await?;
    let data = visit.numbers(&app).await?;
    let body = Logged { status: "success", message: "Data updated successfully", data };
    Ok(([NO_STORE], Json(body)).into_response())
}
