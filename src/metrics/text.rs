//! Prometheus' older text format, 0.0.4, converted from OpenMetrics. Scrapers that do not ask
//! for the newer format get it, and `promtool check metrics` reads it.

use std::fmt::Write;

/// Its media type.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Converts the samples. This format describes a counter under its whole name, `_total`
/// included, and has no units and no end marker.
pub(super) fn of_openmetrics(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 512);
    let mut help: Option<(&str, &str)> = None;
    for line in text.lines() {
        if let Some(described) = line.strip_prefix("# HELP ") {
            help = described.split_once(' ');
        } else if let Some((name, kind)) =
            line.strip_prefix("# TYPE ").and_then(|described| described.split_once(' '))
        {
            let suffix = if kind == "counter" { "_total" } else { "" };
            // Writing to a String cannot fail.
            if let Some((_, help)) = help.take() {
                let _ = writeln!(out, "# HELP {name}{suffix} {help}");
            }
            let _ = writeln!(out, "# TYPE {name}{suffix} {kind}");
        } else if !line.starts_with('#') {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_described_by_its_whole_name() {
        let openmetrics = "# HELP a_hits Hits.\n# TYPE a_hits counter\na_hits_total{b=\"c\"} 1\n\
                           # HELP a_s Long.\n# TYPE a_s gauge\n# UNIT a_s s\na_s 0.5\n# EOF\n";
        let expected = "# HELP a_hits_total Hits.\n# TYPE a_hits_total counter\n\
                        a_hits_total{b=\"c\"} 1\n# HELP a_s Long.\n# TYPE a_s gauge\na_s 0.5\n";
        assert_eq!(of_openmetrics(openmetrics), expected);
    }
}
