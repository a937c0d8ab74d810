//! busuanzi (busuanzi.ibruce.info and github.com/soxft/busuanzi) and vercount
//! (github.com/EvanNotFound/vercount).

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::site_page::{ALLOWED, SiteNumbers, SitePage};
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::{self, Doc, QueryParam, ResponseBody, text};
use crate::web::pictures::{aliases, badge};
use crate::web::request::body::Body;
use crate::web::request::caller::Caller;
use crate::web::request::query::Query;
use crate::web::response::jsonp::Callback;
use crate::web::response::value::NO_STORE;

/// The OpenAPI description of `/busuanzi`.
pub(super) const JSONP: Doc = Doc::other(
    "Count a view of the page in `Referer` (busuanzi)",
    "application/javascript",
)
.query(&[
    QueryParam::new("jsonpCallback", "The function to call", || (openapi::CALLBACK.schema)()),
    openapi::CALLBACK,
]);

/// The OpenAPI description of `POST /api`.
pub(super) const HIT: Doc =
    Doc::json::<Success>("Count a view of the page in `x-bsz-referer` (busuanzi)");

/// The OpenAPI description of `GET /api`.
pub(super) const GET: Doc = Doc {
    answer: ResponseBody::Several(openapi::schema::<Success>, &["image/svg+xml"]),
    ..Doc::json::<Success>("Read the numbers of the page in `x-bsz-referer` (busuanzi)")
}
.query(&[QueryParam::new("id", "Count a hit on `visitcount/{id}` and draw a badge instead", text)])
.shared(badge::ONLY_READS)
.looks(badge::specs);

/// The OpenAPI description of `/api/v2/log`.
pub(super) const LOG: Doc = Doc {
    body: Some(openapi::schema::<View>),
    ..Doc::json::<Logged>("Count a view of a page (vercount)")
};

/// How `/api` learns of a page, for errors.
const HEADERS: &str = "a page's address, such as https://example.com/page, in the header \
                       x-bsz-referer, Referer or Origin";

/// busuanzi's answer.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Busuanzi")]
pub(super) struct Success {
    success: bool,
    message: &'static str,
    data: SiteNumbers,
}

/// vercount's answer.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Vercount")]
pub(super) struct Logged {
    status: &'static str,
    message: &'static str,
    data: SiteNumbers,
}

/// The body that vercount's script sends. It also says whether the visitor is new, which seen
/// knows by itself, without a cookie.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "VercountView")]
pub(super) struct View {
    /// The page's address.
    #[schemars(regex(pattern = "^https?://[A-Za-z0-9_.-]{1,64}(/[ -~]*)?$"))]
    url: String,
}

/// Counts, and passes the numbers to the function of `?jsonpCallback=`.
pub(super) async fn jsonp(
    State(app): State<App>,
    caller: Caller,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let name = query.get("jsonpCallback").or(query.get("callback")).unwrap_or("BusuanziCallback");
    let callback = Callback::named(name)?;
    let ways =
        "a page's address, such as https://example.com/page, in the header Referer or Origin";
    let page = SitePage::of_headers(&headers, ways)?;
    page.count(&app, &caller).await?;
    callback.answer(&page.numbers(&app).await?)
}

pub(super) async fn hit(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let page = asked(&headers, HEADERS)?;
    page.count(&app, &caller).await?;
    success(&app, &page).await
}

/// Reads the numbers. With an `id`, it is a link to visitcount.itsvg.in's badge.
pub(super) async fn get(
    State(app): State<App>,
    caller: Caller,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    match query.filled("id") {
        Some(id) => Ok(aliases::visitcount(&app, &caller, id, &query).await.into_response()),
        None => {
            let ways = format!("{HEADERS}; or ?id=NAME for the badge of visitcount/NAME");
            success(&app, &asked(&headers, &ways)?).await
        }
    }
}

async fn success(app: &App, page: &SitePage) -> Result<Response, ApiError> {
    let body = Success { success: true, message: "ok", data: page.numbers(app).await? };
    Ok(([NO_STORE], Json(body)).into_response())
}

/// The page in the header of soxft's script, or else in `Referer`.
fn asked(headers: &HeaderMap, ways: &str) -> Result<SitePage, ApiError> {
    match headers.get("x-bsz-referer").and_then(|value| value.to_str().ok()) {
        Some(url) => SitePage::of_url("x-bsz-referer", url),
        None => SitePage::of_headers(headers, ways),
    }
}

/// Counts a view that vercount's script sends.
pub(super) async fn log(
    State(app): State<App>,
    caller: Caller,
    body: Body,
) -> Result<Response, ApiError> {
    let view: View = body.json(ALLOWED)?;
    let page = SitePage::of_url("url", &view.url)?;
    page.count(&app, &caller).await?;
    let data = page.numbers(&app).await?;
    let body = Logged { status: "success", message: "Data updated successfully", data };
    Ok(([NO_STORE], Json(body)).into_response())
}
