//! `/privacy`: explains how little seen stores about visitors.

use askama::Template;

use crate::web::response::page::HtmlPage;

#[derive(Template)]
#[template(path = "privacy.html")]
struct Privacy;

/// Shows the page.
pub(crate) async fn show() -> HtmlPage {
    HtmlPage::new(&Privacy)
}
