//! Entry points of the fuzz targets in `fuzz/`: they read parts of a request, and panic if a
//! promise is broken.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::header::{ACCEPT, HOST, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request};

use super::base_path;
use super::limits::head;
use super::request::metric::Metric;
use super::request::query::Query;
use super::request::{client_ip, idempotency, settings, user_agent};
use super::response::{etag, negotiate, page};
use crate::model::count::{CounterSettings, MAX_DEDUPE};
use crate::model::history::Range;
use crate::model::name::{Counter, Name};
use crate::model::network::{Client, Peer};
use crate::model::tally::MAX_TOTAL;
use crate::model::time::Timestamp;

/// Reads a name. A valid one never needs escaping.
pub fn name(text: &str) {
    let Ok(name) = Name::new(text) else { return };
    assert_eq!(name.as_str(), text);
    assert!((1..=64).contains(&text.len()) && text != "." && text != "..", "{text:?}");
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
    assert!(text.bytes().all(is_plain), "{text:?}");
    assert_eq!(serde_json::to_string(&name).ok(), Some(format!("\"{text}\"")));
}

/// Reads a query, and every value that routes read from one.
pub fn query(text: &str) {
    let Ok(query) = Query::parse(text) else { return };
    assert!(query.pairs().count() <= 64, "{text:?}");
    if let Ok(Some(number)) = query.number(&["value", "amount"]) {
        assert!(number.abs() <= MAX_TOTAL, "{number}");
    }
    let _ = query.switch("public");
    if let Ok(changed) = settings::changed(CounterSettings::default(), &query) {
        assert!(changed.dedupe <= MAX_DEDUPE, "{changed:?}");
        assert!(changed.update_lowerbound <= 0 && changed.update_upperbound >= 0, "{changed:?}");
    }
    if let Some(metric) = query.get("metric") {
        let _ = Metric::parse(metric);
    }
    if let Some(id) = query.get("id") {
        let _ = idempotency::hash("id", id);
    }
    let get = |name| query.get(name);
    let now = Timestamp(1_800_000_000);
    let _ = Range::parse(get("from"), get("to"), get("step"), get("tz"), now);
}

/// Reads headers, one `name: value` a line, in every way that seen reads them.
pub fn headers(text: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in text.split(|byte| *byte == b'\n').take(100) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let value = line[colon + 1..].trim_ascii();
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(&line[..colon]), HeaderValue::from_bytes(value))
        {
            headers.append(name, value);
        }
    }
    let peer = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    let stranger = Peer { ip: peer, is_proxy: false };
    let of_a_stranger = client_ip::client(stranger, &headers, &[]);
    assert_eq!(of_a_stranger, Client::of(peer), "a stranger lent one");
    let everybody = ["0.0.0.0/0", "::/0"].map(|net| net.parse().expect("a network"));
    client_ip::client(Peer { ip: peer, is_proxy: true }, &headers, &everybody);
    user_agent::source(&headers);
    for accept in headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()) {
        negotiate::preferred(accept);
        negotiate::prefers_openmetrics(accept);
        negotiate::prefers_problem(accept);
    }
    etag::is_known(&etag::tag(1), headers.get(IF_NONE_MATCH));
    base_path::note(&mut headers, true, None);
    let origin = page::origin(&headers);
    assert!(!origin.contains(['"', '<', '>', ' ', '\\', '\'']), "{origin}");
    let counter = Counter { namespace: Name::default_namespace(), key: Name::default_namespace() };
    page::Snippets::new(&headers, &counter, "");
    let hosts = headers.get_all(HOST).iter().count();
    let mut request = Request::get("/").body(()).expect("a request");
    *request.headers_mut() = headers;
    if head::check(&request, &[]).is_ok() {
        assert_eq!(hosts, 1, "a request names one host");
    }
}

#[cfg(test)]
mod tests {
    use crate::store::fuzz::corpus;

    #[test]
    fn what_was_found_once_is_read() {
        corpus::read("names", |bytes| super::name(&String::from_utf8_lossy(bytes)));
        corpus::read("queries", |bytes| super::query(&String::from_utf8_lossy(bytes)));
        corpus::read("headers", super::headers);
    }
}
