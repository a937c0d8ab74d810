//! The status that an answer stands for. A picture or a script of CountAPI is always a 200.

use axum::http::StatusCode;
use axum::response::Response;

/// Attached to an answer whose own status may say less.
#[derive(Clone, Copy)]
pub(crate) struct MeantStatus(pub StatusCode);

impl MeantStatus {
    /// What an answer stands for, to the limits.
    pub(crate) fn of(answer: &Response) -> StatusCode {
        answer.extensions().get().map_or(answer.status(), |Self(status)| *status)
    }
}
