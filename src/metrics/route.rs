//! Classes of requests, by which their durations are measured.

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};

/// A class of routes whose answers take about equally long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[allow(non_camel_case_types)]
pub enum Route {
    /// Counts, as JSON or a picture.
    hit,
    /// Reads a count, a sum, a history or a picture.
    get,
    /// A live stream; the time until it has begun.
    stream,
    /// Export and import: all counters.
    transfer,
    /// Health, readiness and metrics.
    probe,
    /// A page, its files, and seen.js.
    page,
    /// The rest: changes, namespaces, other services' dialects, unknown paths.
    other,
}

/// The label of a [`Route`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RouteLabel {
    pub(super) route: Route,
}

impl Route {
    /// Every one, in the order of their numbers.
    pub const ALL: [Self; 7] =
        [Self::hit, Self::get, Self::stream, Self::transfer, Self::probe, Self::page, Self::other];

    /// The class of a path.
    pub fn of(path: &str) -> Self {
        let path = path.get(1..).unwrap_or_default();
        // Every answer comes through here, and `split` would set up a search of text.
        let end = path.bytes().position(|byte| byte == b'/').unwrap_or(path.len());
        match &path[..end] {
            "hit" | "hits" => Self::hit,
            "get" | "sum" => Self::get,
            "stream" => Self::stream,
            "export" | "import" => Self::transfer,
            "healthz" | "readyz" | "metrics" => Self::probe,
            "" | "assets" | "builder" | "counter" | "privacy" | "seen.js" | "openapi.json" => {
                Self::page
            }
            _ => Self::other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_classed_by_its_first_segment() {
        for (path, route) in [
            ("/", Route::page),
            ("/hit/a/b", Route::hit),
            ("/hits", Route::hit),
            ("/get/a/b/chart.svg", Route::get),
            ("/sum/a", Route::get),
            ("/hitherto", Route::other),
            ("/readyz", Route::probe),
            ("*", Route::page),
            ("", Route::page),
            ("/\u{fc}/x", Route::other),
        ] {
            assert_eq!(Route::of(path), route, "{path}");
        }
        for (at, route) in Route::ALL.into_iter().enumerate() {
            assert_eq!(route as usize, at);
        }
    }
}
