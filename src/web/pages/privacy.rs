//! `/privacy`: what seen keeps of visitors, which is next to nothing.

use crate::web::response::page::Page;

/// Says so.
pub(crate) async fn show() -> Page {
    Page::new("Privacy", include_str!("assets/privacy.html"), &[], &[])
}
