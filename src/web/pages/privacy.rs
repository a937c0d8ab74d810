//! `/privacy`: explains what seen stores about visitors, which is next to nothing.

use askama::Template;

use crate::web::response::page::Page;

#[derive(Template)]
#[template(path = "privacy.html")]
struct Privacy;

/// Shows the page.
pub(crate) async fn show() -> Page {
    Page::new(&Privacy)
}
