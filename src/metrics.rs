//! The metrics of `/metrics`, as OpenMetrics or in Prometheus' text format.
//!
//! Labels have few and fixed values, never the name of a counter. Every series exists from
//! the start, so that a rate includes the first event.

mod label;
mod process;
mod route;
pub mod text;

use std::sync::atomic::Ordering;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Metric, Registry, Unit};

pub use self::label::{Limit, Timeout, Uncounted};
use self::label::{
    LimitLabel, RequestLabel, SourceLabel, TimeoutLabel, UncountedLabel, VersionLabel,
};
use self::process::Process;
pub use self::route::Route;
use self::route::RouteLabel;
use crate::model::hit::Source;

/// The media type of [`Metrics::render`] (OpenMetrics 1.0, section 4.1).
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All metrics of this process. An update is one atomic addition.
pub struct Metrics {
    registry: Registry,
    hits: [Counter; Source::ALL.len()],
    created: Counter,
    wrong_tokens: Counter,
    uncounted: Family<UncountedLabel, Counter>,
    over_limit: Family<LimitLabel, Counter>,
    in_flight: Gauge<i64, std::sync::atomic::AtomicI64>,
    streams: Gauge<i64, std::sync::atomic::AtomicI64>,
    connections: Gauge<i64, std::sync::atomic::AtomicI64>,
    timeouts: Family<TimeoutLabel, Counter>,
    tasks: Gauge<i64, std::sync::atomic::AtomicI64>,
    store_has_room: Gauge<i64, std::sync::atomic::AtomicI64>,
    not_replicated: Counter,
    joined: Histogram,
    store_seconds: Histogram,
    store_errors: Counter,
    /// By the first digit of the status, from 1.
    requests: [Counter; 5],
    durations: [Histogram; Route::ALL.len()],
}

impl Default for Metrics {
    fn default() -> Self {
        let mut root = Registry::default();
        root.register_collector(Box::new(Process::new()));
        let registry = root.sub_registry_with_prefix("seen");
        // The older format has no info type, so this is a gauge that is always 1.
        let build = Family::<VersionLabel, Gauge>::default();
        build.get_or_create(&VersionLabel { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("build_info", "The version that runs", build);
        let by_source: Family<SourceLabel, Counter> =
            registered(registry, "hits", "Hits that the store has, by source");
        let created = registered(registry, "created", "Counters that were created by name");
        let wrong_tokens = registered(
            registry,
            "wrong_tokens",
            "Requests that presented a token which opens nothing",
        );
        let uncounted: Family<_, Counter> =
            registered(registry, "uncounted", "Hits that were answered with an error");
        for reason in Uncounted::ALL {
            let _ = uncounted.get_or_create(&UncountedLabel { reason });
        }
        let over_limit: Family<_, Counter> = registered(
            registry,
            "over_limit",
            "Requests that were answered with an error because of a limit",
        );
        for limit in Limit::ALL {
            let _ = over_limit.get_or_create(&LimitLabel { limit });
        }
        let in_flight = registered(registry, "in_flight", "Hits that wait for their number");
        let streams = registered(registry, "streams", "Streams of live numbers that are open");
        let connections = registered(registry, "connections", "Connections that are open");
        let timeouts: Family<_, Counter> = registered(
            registry,
            "timeouts",
            "Connections that were ended because a client was too slow",
        );
        for what in Timeout::ALL {
            let _ = timeouts.get_or_create(&TimeoutLabel { what });
        }
        let tasks = registered(registry, "tasks", "Tasks of the process that live");
        let store_has_room = registered(
            registry,
            "store_has_room",
            "1 while the store takes new counters, 0 while less than a tenth of it is free",
        );
        let not_replicated = registered(
            registry,
            "store_writes_not_replicated",
            "Writes that no replica had in time; they were repeated until one had",
        );
        // 1, 2, 4 … 8192 hits.
        let joined = Histogram::new(exponential_buckets(1.0, 2.0, 14));
        registry.register("tally_hits", "Hits in one write to the store", joined.clone());
        // 0.1 ms … 3.3 s.
        let store_seconds = Histogram::new(exponential_buckets(0.0001, 2.0, 16));
        registry.register_with_unit(
            "store_write",
            "How long writes to the store take",
            Unit::Seconds,
            store_seconds.clone(),
        );
        let store_errors = registered(
            registry,
            "store_write_errors",
            "Writes to the store that failed or had no answer",
        );
        let by_status: Family<RequestLabel, Counter> =
            registered(registry, "requests", "HTTP requests, by the answer's status");
        let requests = ["1xx", "2xx", "3xx", "4xx", "5xx"]
            .map(|status| by_status.get_or_create_owned(&RequestLabel { status }));
        // 0.25 ms … 4 s, each bucket four times the one before.
        let by_route = Family::<RouteLabel, Histogram>::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.000_25, 4.0, 8))
        });
        registry.register_with_unit(
            "request_duration",
            "How long requests take until their answer begins, by what they are for",
            Unit::Seconds,
            by_route.clone(),
        );
        let durations = Route::ALL.map(|route| by_route.get_or_create_owned(&RouteLabel { route }));
        let hits =
            Source::ALL.map(|s| by_source.get_or_create_owned(&SourceLabel { source: s.as_str() }));
        Self {
            registry: root,
            hits,
            created,
            wrong_tokens,
            uncounted,
            over_limit,
            in_flight,
            streams,
            connections,
            timeouts,
            tasks,
            store_has_room,
            not_replicated,
            joined,
            store_seconds,
            store_errors,
            requests,
            durations,
        }
    }
}

/// A new metric, registered under this name.
fn registered<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

/// Values that are read at the moment of a scrape.
#[derive(Clone, Copy, Debug, Default)]
pub struct Now {
    /// Hits that wait for their number.
    pub in_flight: usize,
    /// Streams that are open.
    pub streams: usize,
    /// Tasks that are alive.
    pub tasks: usize,
    /// Whether the store has room for more counters.
    pub store_has_room: bool,
    /// Writes that no replica had in time, since the start.
    pub writes_not_replicated: u64,
}

/// Totals since the process started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoFar {
    /// Requests that it answered.
    pub requests: u64,
    /// Hits that it counted.
    pub hits: u64,
    /// Counters that it created by name.
    pub created: u64,
}

impl Metrics {
    /// A counter was created by name.
    pub fn created(&self) {
        self.created.inc();
    }

    /// A token was wrong.
    pub fn wrong_token(&self) {
        self.wrong_tokens.inc();
    }

    /// The totals.
    pub fn so_far(&self) -> SoFar {
        let sum = |counters: &[Counter]| counters.iter().map(Counter::get).sum();
        SoFar { requests: sum(&self.requests), hits: sum(&self.hits), created: self.created.get() }
    }

    /// A hit is in the store.
    pub fn counted(&self, source: Source) {
        self.hits[source.index()].inc();
    }

    /// A hit was answered with an error.
    pub fn uncounted(&self, reason: Uncounted) {
        self.uncounted.get_or_create(&UncountedLabel { reason }).inc();
    }

    /// A request met a limit.
    pub fn over_limit(&self, limit: Limit) {
        self.over_limit.get_or_create(&LimitLabel { limit }).inc();
    }

    /// A connection was opened.
    pub fn connected(&self) {
        self.connections.inc();
    }

    /// A connection was closed.
    pub fn disconnected(&self) {
        self.connections.dec();
    }

    /// A connection was closed because its client was too slow.
    pub fn timed_out(&self, what: Timeout) {
        self.timeouts.get_or_create(&TimeoutLabel { what }).inc();
    }

    /// A tally with this number of hits goes to the store.
    pub fn joined(&self, hits: usize) {
        self.joined.observe(hits as f64);
    }

    /// A write took this long, and was acknowledged or not.
    pub fn wrote(&self, took: Duration, acknowledged: bool) {
        self.store_seconds.observe(took.as_secs_f64());
        if !acknowledged {
            self.store_failed();
        }
    }

    /// A write was not acknowledged, or could not be sent.
    pub fn store_failed(&self) {
        self.store_errors.inc();
    }

    /// A request was answered with this status after this time.
    pub fn answered(&self, route: Route, status: u16, took: Duration) {
        self.durations[route as usize].observe(took.as_secs_f64());
        if let Some(class) = self.requests.get(usize::from(status / 100).wrapping_sub(1)) {
            class.inc();
        }
    }

    /// The metrics as OpenMetrics.
    pub fn render(&self, now: Now) -> String {
        let gauges = [
            (&self.in_flight, now.in_flight),
            (&self.streams, now.streams),
            (&self.tasks, now.tasks),
            (&self.store_has_room, now.store_has_room.into()),
        ];
        for (gauge, number) in gauges {
            gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
        }
        self.not_replicated.inner().fetch_max(now.writes_not_replicated, Ordering::Relaxed);
        let mut text = String::with_capacity(4096);
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// The metrics in Prometheus' older format, [`text::CONTENT_TYPE`].
    pub fn render_text(&self, now: Now) -> String {
        text::of_openmetrics(&self.render(now))
    }
}
