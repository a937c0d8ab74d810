//! `POST /hits`: counts several hits in one request, each as if it were sent alone.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::model::name;
use crate::model::name::{Counter, Name};
use crate::web::App;
use crate::web::count;
use crate::web::error::ApiError;
use crate::web::openapi::Doc;
use crate::web::request::body::Body;
use crate::web::request::caller::Caller;
use crate::web::request::idempotency;
use crate::web::request::idempotency::IdempotencyKey;
use crate::web::response::value::NO_STORE;

/// The most hits in one request.
const MAX_HITS: usize = 100;

const ALLOWED: &str = r#"a list such as [{"namespace": "site", "key": "page", "id": "a1"}]; namespace and id are optional"#;

/// The schema of the body.
fn list(forms: &mut SchemaGenerator) -> Schema {
    let mut list = forms.subschema_for::<Vec<Wanted>>();
    list.insert("maxItems".into(), MAX_HITS.into());
    list
}

#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[schemars(regex(pattern = r"^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,64}$"))]
    namespace: Option<String>,
    #[schemars(regex(pattern = r"^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,64}$"))]
    key: String,
    #[schemars(regex(pattern = "^[!-~]{1,255}$"))]
    id: Option<String>,
}

#[derive(JsonSchema, Serialize)]
struct Hits {
    /// In the order of the request.
    hits: Vec<Done>,
}

#[derive(JsonSchema, Serialize)]
struct Done {
    namespace: Name,
    key: Name,
    /// The hit's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<i64>,
    /// Why it was not counted, and the status that it would have had alone.
    #[serde(flatten)]
    failed: Option<FailedHit>,
}

#[derive(JsonSchema, Serialize)]
struct FailedHit {
    error: String,
    status: u16,
}

/// The OpenAPI description of `/hits`.
pub(crate) const DOC: Doc = Doc {
    body: Some(list),
    ..Doc::json::<Hits>("Count up to 100 hits, each as if it were sent alone")
};

/// `{"hits":[{"namespace","key","value"}]}`. With an invalid name it is a 400, and nothing is
/// counted. If no hit could be counted, the answer is the error of the first.
pub(crate) async fn hits(
    State(app): State<App>,
    caller: Caller,
    body: Body,
) -> Result<Response, ApiError> {
    let wanted: Vec<Wanted> = body.json(ALLOWED)?;
    if wanted.len() > MAX_HITS {
        return Err(ApiError::too_many("hits", wanted.len(), MAX_HITS));
    }
    let wanted: Vec<_> = wanted.into_iter().map(Wanted::read).collect::<Result<_, _>>()?;
    if let Some((counter, _)) = wanted.first() {
        // Fetch the day's key first: a hit that waits for it would be overtaken by later ones.
        caller.visitor(&app, counter).await;
    }
    // Together, so that they share writes, and in order, so that their numbers are in order.
    let all = caller.hit_id()?;
    let counting = wanted.iter().enumerate().map(|(n, (counter, IdempotencyKey(id)))| {
        let id = id.or(all.map(|all| idempotency::nth(all, n)));
        count::hit(&app, &caller, counter, id)
    });
    let counted = join_all(counting).await;
    let mut first_error = None;
    let mut hits = Vec::with_capacity(wanted.len());
    for ((Counter { namespace, key }, _), result) in wanted.into_iter().zip(counted) {
        hits.push(match result {
            Ok((value, _)) => Done { namespace, key, value: Some(value), failed: None },
            Err(error) => {
                let (status, words) = error.status_and_message();
                let failed = FailedHit { error: words.to_owned(), status: status.as_u16() };
                first_error.get_or_insert(error);
                Done { namespace, key, value: None, failed: Some(failed) }
            }
        });
    }
    match first_error {
        Some(error) if hits.iter().all(|hit| hit.value.is_none()) => Err(error),
        _ => Ok(([NO_STORE], Json(Hits { hits })).into_response()),
    }
}

impl Wanted {
    fn read(self) -> Result<(Counter, IdempotencyKey), ApiError> {
        let name = |which, text: &str| {
            Name::new(text).map_err(|error| ApiError::invalid_name(which, &error))
        };
        let namespace = self.namespace.as_deref().unwrap_or(name::DEFAULT_NAMESPACE);
        let counter =
            Counter { namespace: name("namespace", namespace)?, key: name("key", &self.key)? };
        let id = self.id.as_deref().map(|text| idempotency::hash("id", text)).transpose()?;
        Ok((counter, IdempotencyKey(id)))
    }
}
