//! The settings of a counter, read from a query and shown as JSON.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::query::{NUMBER, Query};
use crate::model::count::{CounterSettings, MAX_DEDUPE};
use crate::model::tally::MAX_TOTAL;
use crate::web::error::ApiError;
use crate::web::openapi::{QueryParam, switch};

/// The OpenAPI description of `?dedupe=`.
pub(crate) const DEDUPE: QueryParam = QueryParam::new(
    "dedupe",
    "How long repeated hits of a visitor do not count, such as 30m",
    || {
        json!({
            "type": "string",
            "pattern": "^(0|off|[1-9][0-9]{0,3}s|[1-9][0-9]{0,2}m|[1-9]h|1[0-9]h|2[0-4]h)$",
        })
    },
);

/// The OpenAPI description of `?enable_reset=`.
pub(crate) const ENABLE_RESET: QueryParam =
    QueryParam::new("enable_reset", "Let anybody set the total (CountAPI)", switch);

/// The OpenAPI description of `?update_lowerbound=`.
pub(crate) const UPDATE_LOWERBOUND: QueryParam = QueryParam::new(
    "update_lowerbound",
    "The least that anybody may add at once (CountAPI)",
    || json!({ "type": "integer", "minimum": -MAX_TOTAL, "maximum": 0 }),
);

/// The OpenAPI description of `?update_upperbound=`.
pub(crate) const UPDATE_UPPERBOUND: QueryParam = QueryParam::new(
    "update_upperbound",
    "The most that anybody may add at once (CountAPI)",
    || json!({ "type": "integer", "minimum": 0, "maximum": MAX_TOTAL }),
);

const WINDOWS: &str = "a time of up to 24h with its unit, such as 30m, or 0 or off";

/// The settings of a counter, as JSON.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Settings")]
pub(crate) struct SettingsBody {
    /// In seconds; 0 is off.
    dedupe: u32,
    enable_reset: bool,
    update_lowerbound: i64,
    update_upperbound: i64,
}

impl From<CounterSettings> for SettingsBody {
    fn from(settings: CounterSettings) -> Self {
        let CounterSettings { dedupe, enable_reset, update_lowerbound, update_upperbound } =
            settings;
        Self { dedupe, enable_reset, update_lowerbound, update_upperbound }
    }
}

/// `before` with the query's changes: `dedupe`, `enable_reset`,
/// `update_lowerbound` and `update_upperbound`.
pub(crate) fn changed(before: CounterSettings, query: &Query) -> Result<CounterSettings, ApiError> {
    let mut settings = before;
    if let Some(text) = query.get("dedupe") {
        settings.dedupe =
            dedupe(text).ok_or_else(|| ApiError::invalid_parameter("dedupe", text, WINDOWS))?;
    }
    if let Some(on) = query.switch("enable_reset")? {
        settings.enable_reset = on;
    }
    let bound = |name, allowed: fn(i64) -> bool, sign| match query.number(&[name])? {
        Some(n) if !allowed(n) => {
            let allowed = format!("{NUMBER}, {sign}");
            Err(ApiError::invalid_parameter(name, &n.to_string(), &allowed))
        }
        bound => Ok(bound),
    };
    if let Some(n) = bound("update_lowerbound", |n| n <= 0, "not above 0")? {
        settings.update_lowerbound = n;
    }
    if let Some(n) = bound("update_upperbound", |n| n >= 0, "not below 0")? {
        settings.update_upperbound = n;
    }
    Ok(settings)
}

/// A time such as `30m`, in seconds.
fn dedupe(text: &str) -> Option<u32> {
    if matches!(text, "0" | "off") {
        return Some(0);
    }
    let window: jiff::SignedDuration = text.parse().ok()?;
    u32::try_from(window.as_secs()).ok().filter(|s| (1..=MAX_DEDUPE).contains(s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_have_a_unit_and_an_end() {
        for (text, seconds) in [("30m", Some(1800)), ("24h", Some(86_400)), ("off", Some(0))] {
            assert_eq!(dedupe(text), seconds, "{text}");
        }
        for text in ["", "30", "-1m", "25h", "0s", "1ms", "soon"] {
            assert_eq!(dedupe(text), None, "{text}");
        }
    }

    #[test]
    fn only_what_is_named_changes() {
        let query = Query::parse("dedupe=1m&enable_reset=1&update_upperbound=5").unwrap();
        let settings = changed(CounterSettings::default(), &query).unwrap();
        let expected = CounterSettings {
            dedupe: 60,
            enable_reset: true,
            update_lowerbound: 0,
            update_upperbound: 5,
        };
        assert_eq!(settings, expected);
        for bad in ["dedupe=x", "enable_reset=x", "update_lowerbound=1", "update_upperbound=-1"] {
            assert!(changed(settings, &Query::parse(bad).unwrap()).is_err(), "{bad}");
        }
    }
}
