//! A page of a site, and the numbers of both.

use axum::http::HeaderMap;
use axum::http::header::{ORIGIN, REFERER};
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::key::{SITE, page_key};
use crate::model::name::{Counter, Name};
use crate::web::App;
use crate::web::count;
use crate::web::error::ApiError;
use crate::web::request::caller::Caller;

/// The expected form of an address, for errors.
pub(super) const ALLOWED: &str = "a page's address, such as https://example.com/page";

/// A page and the site that it belongs to.
pub(super) struct SitePage {
    /// The page's counter.
    pub page: Counter,
    /// The site's.
    pub site: Counter,
}

/// The numbers that busuanzi and vercount show in a page.
#[derive(JsonSchema, Serialize)]
pub(super) struct SiteNumbers {
    /// Views of all pages of the site.
    pub site_pv: i64,
    /// Unique visitors of the site, added up over its days.
    pub site_uv: u64,
    /// Views of the page.
    pub page_pv: i64,
    /// Unique visitors of the page, added up over its days.
    pub page_uv: u64,
}

impl SitePage {
    /// The page with this address.
    ///
    /// # Errors
    /// 400 if it is not a web address.
    pub(super) fn of_url(name: &str, url: &str) -> Result<Self, ApiError> {
        let invalid = || ApiError::invalid_parameter(name, url, ALLOWED);
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let rest = rest.ok_or_else(invalid)?.split(['?', '#']).next().unwrap_or_default();
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        Self::of(host, path)
    }

    /// The page that a browser reports in `Referer`. Browsers tell other sites only the host,
    /// unless the page sets a `Referrer-Policy`.
    ///
    /// # Errors
    /// 400 without such a header; `ways` lists how the route learns of a page.
    pub(super) fn of_headers(headers: &HeaderMap, ways: &str) -> Result<Self, ApiError> {
        let url = told(headers).ok_or_else(|| ApiError::missing_page(ways))?;
        Self::of_url("referer", url)
    }

    /// The page with this path on a host.
    ///
    /// # Errors
    /// 400 if the host is not a name.
    pub(super) fn of(host: &str, path: &str) -> Result<Self, ApiError> {
        let host = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let namespace = Name::new(&host).map_err(|e| ApiError::invalid_name("host", &e))?;
        let key = page_key(path).map_err(|e| ApiError::invalid_name("path", &e))?;
        let site = Name::new(SITE).map_err(|e| ApiError::invalid_name("site", &e))?;
        Ok(Self {
            page: Counter { namespace: namespace.clone(), key },
            site: Counter { namespace, key: site },
        })
    }

    /// Counts a view of the page and of its site.
    ///
    /// # Errors
    /// As for any hit.
    pub(super) async fn count(&self, app: &App, caller: &Caller) -> Result<(), ApiError> {
        if caller.counts {
            count::hit(app, caller, &self.page, None).await?;
            count::hit(app, caller, &self.site, None).await?;
        }
        Ok(())
    }

    /// The numbers of the page and its site; 0 without views.
    ///
    /// # Errors
    /// The store cannot be asked.
    pub(super) async fn numbers(&self, app: &App) -> Result<SiteNumbers, ApiError> {
        let (page_pv, page_uv) = number(app, &self.page).await?;
        let (site_pv, site_uv) = number(app, &self.site).await?;
        Ok(SiteNumbers { site_pv, site_uv, page_pv, page_uv })
    }
}

/// The address of the page that asks: `Referer`, or else `Origin`.
pub(super) fn told(headers: &HeaderMap) -> Option<&str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    text(REFERER).or_else(|| text(ORIGIN))
}

/// A counter's total, and its unique visitors added up over its days.
async fn number(app: &App, counter: &Counter) -> Result<(i64, u64), ApiError> {
    let total = app.counters.total(counter).await?.unwrap_or_default();
    let history = app.counters.history(counter).await?;
    let visitors = history.map(|history| history.uniques.iter().map(|(_, n)| n).sum());
    Ok((total, visitors.unwrap_or_default()))
}
