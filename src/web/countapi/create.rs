//! `/create?namespace&key&value&enable_reset&update_lowerbound&update_upperbound`:
//! creates a counter without an owner; `{"namespace","key","value"}`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use super::name::checked;
use super::reply::{IMG, Reply, ReplyFormat};
use crate::model::count::CounterSettings;
use crate::model::edit::Edit;
use crate::model::name::{Counter, DEFAULT_NAMESPACE, Name};
use crate::model::token;
use crate::store::EditError;
use crate::store::StoreError;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::{CALLBACK, Doc, QueryParam, countapi_name, number};
use crate::web::request::auth::Bearer;
use crate::web::request::caller::Caller;
use crate::web::request::query::Query;
use crate::web::request::settings::{ENABLE_RESET, UPDATE_LOWERBOUND, UPDATE_UPPERBOUND};

#[derive(JsonSchema, Serialize)]
struct CountApiCreated<'a> {
    namespace: &'a Name,
    key: &'a Name,
    value: i64,
}

/// The OpenAPI description of this route.
pub(crate) const DOC: Doc =
    Doc::json::<CountApiCreated<'_>>("Create a counter that nobody owns (CountAPI)").query(&[
        CALLBACK,
        IMG,
        QueryParam::new("namespace", "Without it, default", countapi_name),
        QueryParam::new("key", "Without it, a random one", countapi_name),
        QueryParam::new("value", "The first total", number),
        ENABLE_RESET,
        UPDATE_LOWERBOUND,
        UPDATE_UPPERBOUND,
    ]);

/// Creates the counter. A name that is taken is an error.
pub(crate) async fn create(
    State(app): State<App>,
    format: ReplyFormat,
    caller: Caller,
    bearer: Bearer,
    query: Query,
) -> Response {
    format.answer(apply(&app, &caller, &bearer, &query).await)
}

async fn apply(
    app: &App,
    caller: &Caller,
    bearer: &Bearer,
    query: &Query,
) -> Result<Reply, ApiError> {
    let namespace = checked(query.get("namespace").unwrap_or(DEFAULT_NAMESPACE))?;
    let key = match query.get("key") {
        Some(key) => checked(key)?,
        None => checked(&uuid()?)?,
    };
    let counter = Counter { namespace, key };
    let value = query.number(&["value"])?.unwrap_or(0);
    let settings = CounterSettings {
        enable_reset: query.switch("enable_reset")?.unwrap_or(false),
        update_lowerbound: query.number(&["update_lowerbound"])?.unwrap_or(-1),
        update_upperbound: query.number(&["update_upperbound"])?.unwrap_or(1),
        ..CounterSettings::default()
    };
    if settings.update_upperbound < 0 {
        return Err(ApiError::wrong_bound("update_upperbound must be positive"));
    }
    if settings.update_lowerbound > 0 {
        return Err(ApiError::wrong_bound("update_lowerbound must be negative"));
    }
    caller.may_change()?;
    app.limits.change(caller)?;
    let credential = bearer.presented(app, &counter.namespace).await?;
    let taken = app.creation.take(caller, credential)?;
    let edit = Edit::Create { value, settings, token: None };
    let made = app.counters.edit(&counter, credential, edit).await;
    if made.is_err() {
        taken.give_back();
    }
    match made {
        Ok(_) => {
            app.metrics.created();
            let about = counter.clone();
            let Counter { namespace, key } = &counter;
            Ok(Reply::of(about, StatusCode::OK, CountApiCreated { namespace, key, value }))
        }
        Err(EditError::Exists { .. }) => {
            Ok(Reply::error(counter, StatusCode::BAD_REQUEST, "Key already exists"))
        }
        Err(EditError::Forbidden { .. }) => {
            Ok(Reply::error(counter, StatusCode::FORBIDDEN, "This needs a token"))
        }
        Err(error) => Err(ApiError::not_changed(&counter, error)),
    }
}

/// A random UUID (RFC 9562, section 5.4).
fn uuid() -> Result<String, ApiError> {
    let random: [u8; 16] = token::random().map_err(StoreError::from)?;
    let random = u128::from_be_bytes(random) & !(0xf << 76) & !(0b11 << 62);
    let bits = random | (4 << 76) | (0b10 << 62);
    let digits = format!("{bits:032x}");
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    Ok(parts.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_says_that_it_is_random() {
        let uuid = uuid().unwrap();
        let lengths: Vec<_> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{uuid}");
        assert_eq!(&uuid[14..15], "4", "{uuid}");
        assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"), "{uuid}");
    }
}
