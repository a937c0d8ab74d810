//! CSV lines of `namespace,key,value`. Names and numbers contain no commas, so splitting at
//! commas is enough; fields may be quoted.

use crate::model::export::{Exported, ExportedCounter};
use crate::model::name::Name;
use crate::model::token::Digest;

/// Parses a line; `None` for an empty line and for the header.
pub(crate) fn line(line: &[u8], first: bool) -> Result<Option<Exported>, String> {
    let text = std::str::from_utf8(line).map_err(|_| "not UTF-8")?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Ok(None);
    }
    let fields: Vec<&str> = text.split(',').map(field).collect();
    let [namespace, key, value] = fields[..] else {
        return Err(match fields.len() {
            1 => "there is no comma; a line is namespace,key,value".into(),
            many => format!("{many} fields instead of the three namespace,key,value"),
        });
    };
    if first && value.eq_ignore_ascii_case("value") {
        return Ok(None);
    }
    counter(namespace, key, total(value)?, None).map(Some)
}

/// Reads a total.
pub(crate) fn total(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("{text:?} is not a whole number"))
}

fn field(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text)
}

/// A counter without any history.
pub(crate) fn counter(
    namespace: &str,
    key: &str,
    total: i64,
    token: Option<Digest>,
) -> Result<Exported, String> {
    let namespace = Name::new(namespace).map_err(|e| format!("the namespace is not valid: {e}"))?;
    let key = Name::new(key).map_err(|e| format!("the key is not valid: {e}"))?;
    let counter = ExportedCounter { token, ..ExportedCounter::new(namespace, key, total) };
    Ok(Exported::Counter(Box::new(counter)))
}
