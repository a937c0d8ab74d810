//! `/privacy`: what seen keeps of visitors, which is next to nothing.

use askama::Template;

use crate::web::response::page::Page;

#[derive(Template)]
#[template(path = "privacy.html")]
struct Privacy;

/// Says so.
pub(crate) async fn show() -> Page {
    Page::new(&Privacy)
}
