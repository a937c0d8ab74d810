//! Errors about the store: outages and refusals.

use axum::http::StatusCode;

use super::ApiError;
use crate::counters::batcher::HitError;
use crate::metrics::Limit;
use crate::model::name::{Counter, Name};
use crate::model::tally::{MAX_TOTAL, Refusal};
use crate::store::{EditError, Mode, StoreError};

/// `Retry-After` while the store is unreachable, in seconds: seen itself retries at least this
/// often.
const RETRY_SOON: u64 = 1;
/// `Retry-After` when a cap is reached, in seconds: an owner or the operator has to make room.
const RETRY_LATER: u64 = 3600;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        // The details are for the operator's log.
        let answer = match &error {
            StoreError::Away(_) | StoreError::Unavailable(_) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "the store cannot be reached just now")
                    .retry_after(RETRY_SOON)
            }
            StoreError::Refused(_) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "the store cannot be used as it is configured",
            )
            .retry_after(RETRY_SOON),
            StoreError::Full(_) => Self::new(StatusCode::INSUFFICIENT_STORAGE, "the store is full")
                .retry_after(RETRY_LATER),
            StoreError::Damaged(_) | StoreError::Failed(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the store failed")
            }
        };
        answer.cause(error.to_string())
    }
}

impl ApiError {
    /// Why a hit on `counter` was not counted.
    pub(crate) fn not_counted(mode: Mode, counter: &Counter, error: HitError) -> Self {
        match error {
            HitError::Store(error) => {
                let mut error = Self::from(error).counted("no");
                error.body.error.push_str("; nothing was counted");
                error
            }
            HitError::Refused(Refusal::Missing) => {
                let token = match mode {
                    Mode::Private => ", with the instance's token,",
                    Mode::Open | Mode::Create => "",
                };
                Self::no_counter(counter).allowed(format!(
                    "a counter that exists: here only /create/{counter}{token} makes one"
                ))
            }
            HitError::Refused(Refusal::Owned) => {
                Self::new(StatusCode::FORBIDDEN, HitError::Refused(Refusal::Owned).to_string())
                    .allowed(format!(
                        "counters that it has; its owner creates one by POST /create/{counter}, \
                         or lets every hit do so by PATCH /namespaces/{}?open=1",
                        counter.namespace
                    ))
            }
            HitError::Refused(
                refusal @ (Refusal::NamespaceFull
                | Refusal::InstanceFull
                | Refusal::StoreNearlyFull),
            ) => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, HitError::Refused(refusal).to_string())
                    .allowed("hits on the counters that it has")
                    .retry_after(RETRY_LATER)
                    .limit(match refusal {
                        Refusal::NamespaceFull => Limit::namespace_counters,
                        Refusal::StoreNearlyFull => Limit::room,
                        _ => Limit::counters,
                    })
            }
            HitError::Refused(refusal @ Refusal::OutOfRange) => {
                Self::new(StatusCode::CONFLICT, HitError::Refused(refusal).to_string())
                    .allowed(format!("totals of up to {MAX_TOTAL}"))
            }
            HitError::Refused(refusal @ Refusal::Damaged) => {
                StoreError::Damaged(format!("{counter}: {}", HitError::Refused(refusal))).into()
            }
            error @ (HitError::Busy | HitError::Unsent | HitError::Unanswered) => {
                let counted = if matches!(error, HitError::Unanswered) { "unknown" } else { "no" };
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
                    .retry_after(RETRY_SOON)
                    .counted(counted)
            }
        }
    }

    /// Why a change to `what`, a counter or a namespace, was not made.
    pub(crate) fn not_changed(what: impl std::fmt::Display, error: EditError) -> Self {
        let sentence = error.to_string();
        let full = match error {
            EditError::NamespaceFull => Limit::namespace_counters,
            EditError::StoreNearlyFull => Limit::room,
            _ => Limit::counters,
        };
        match error {
            EditError::Store(error) => error.into(),
            EditError::Invalid(_) => Self::new(StatusCode::BAD_REQUEST, sentence)
                .allowed(format!("numbers of up to {MAX_TOTAL}")),
            EditError::Missing => {
                let mut error = Self::new(StatusCode::NOT_FOUND, format!("there is no {what}"))
                    .allowed("a counter that exists; /create makes one");
                error.body.value = Some(());
                error
            }
            EditError::Exists { .. } => {
                Self::new(StatusCode::CONFLICT, format!("{what} exists already"))
                    .allowed("a name that is free")
            }
            EditError::Forbidden { .. } => {
                Self::unauthorized(sentence, "the counter, of its namespace or of the instance")
            }
            EditError::OutOfBounds { .. } => Self::new(StatusCode::FORBIDDEN, sentence),
            EditError::OutOfRange { .. } => Self::new(StatusCode::CONFLICT, sentence)
                .allowed(format!("totals between -{MAX_TOTAL} and {MAX_TOTAL}")),
            EditError::NamespaceFull | EditError::InstanceFull | EditError::StoreNearlyFull => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, sentence)
                    .allowed("changes to existing counters")
                    .retry_after(RETRY_LATER)
                    .limit(full)
            }
        }
    }

    /// 503: a namespace has more counters than can be deleted in time.
    pub(crate) fn not_all_deleted(name: &Name) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("namespace {name} could not be deleted in time; some of its counters are left"),
        )
        .allowed("the same request again until it is answered 204: each deletes some more")
        .retry_after(RETRY_SOON)
    }

    /// 403: a namespace that many people share has no owner except the instance's.
    pub(crate) fn reserved_name(name: &Name) -> Self {
        Self::new(StatusCode::FORBIDDEN, format!("{name} is shared by many counters"))
            .allowed("another name, or the instance's token")
    }

    /// 403: only the owner may make this change.
    pub(crate) fn not_for_everybody(why: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, why).allowed("the owner's token")
    }

    /// 404: there is no such counter.
    pub(crate) fn no_counter(counter: &Counter) -> Self {
        let mut error = Self::new(StatusCode::NOT_FOUND, format!("there is no counter {counter}"))
            .allowed(format!(
                "a counter that exists: /hit/{counter} makes one, or where hits may not, \
                 /create/{counter}"
            ));
        error.body.value = Some(());
        error
    }
}
