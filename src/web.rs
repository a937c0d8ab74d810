//! HTTP: requests, their limits and their answers. This room uses
//! [`Counters`](crate::counters::Counters) and never a store.

mod access_log;
mod api;
mod app;
mod base_path;
mod count;
mod countapi;
mod dialects;
mod dispatch;
mod error;
mod fallback;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzz;
mod headers;
mod limits;
mod openapi;
mod pages;
mod pictures;
mod request;
mod response;
mod routes;
mod sites;

pub use self::app::App;
pub use self::dispatch::{answer, private};
pub use self::limits::head::MAX_HEAD;
pub use self::limits::refusals::{RefusalLimits, wait};
pub use self::response::Live;
pub use self::response::bare::bare_answer;
pub use self::routes::{dispatch, metrics_router, router};
