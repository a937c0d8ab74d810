//! `/configure/{namespace}/{key}`: changes a counter's settings, with its owner's token.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::model::edit::Edit;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::{Doc, QueryParam};
use crate::web::request::auth::OwnerChange;
use crate::web::request::query::Query;
use crate::web::request::settings;
use crate::web::request::settings::{
    DEDUPE, ENABLE_RESET, SettingsBody, UPDATE_LOWERBOUND, UPDATE_UPPERBOUND,
};
use crate::web::response::value::NO_STORE;

/// The OpenAPI description of `/configure/{namespace}/{key}`.
pub(crate) const DOC: Doc =
    Doc::json::<SettingsBody>("Change the settings of a counter").owners().query(&KNOWN);

/// A query with none of these is misspelt, and would seem to be done.
const KNOWN: [QueryParam; 4] = [DEDUPE, ENABLE_RESET, UPDATE_LOWERBOUND, UPDATE_UPPERBOUND];

/// Changes the settings that the query names, and answers with all of them.
pub(crate) async fn configure(
    State(app): State<App>,
    change: OwnerChange,
    query: Query,
) -> Result<Response, ApiError> {
    if !query.is_empty() && KNOWN.iter().all(|known| query.get(known.name).is_none()) {
        let names = KNOWN.map(|known| known.name).join(" or ");
        return Err(ApiError::missing_parameter(&names, "the settings to change"));
    }
    let count = app.counters.count(&change.counter).await?;
    let before = count.ok_or_else(|| ApiError::no_counter(&change.counter))?.settings;
    let settings = settings::changed(before, &query)?;
    change.make(Edit::Configure(settings)).await?;
    Ok((change.quota, [NO_STORE], Json(SettingsBody::from(settings))).into_response())
}
