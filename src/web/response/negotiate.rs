//! Content negotiation by the `Accept` header (RFC 9110, section 12.5.1).

/// The representations of the front page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Representation {
    /// The default, for programs like curl.
    Text,
    /// For browsers.
    Html,
    /// For programs that accept it.
    Json,
}

/// From the least to the most preferred, for clients without a preference.
const REPRESENTATIONS: [(Representation, &str, &str); 3] = [
    (Representation::Json, "application", "json"),
    (Representation::Html, "text", "html"),
    (Representation::Text, "text", "plain"),
];

/// The representation that `accept` rates highest; text if it accepts none of them, since the
/// wrong representation is more useful than an error.
pub(crate) fn preferred(accept: &str) -> Representation {
    let rated = REPRESENTATIONS
        .map(|(representation, kind, subtype)| (quality(accept, kind, subtype), representation));
    // The last of equals wins: plain text.
    match rated.into_iter().max_by_key(|(quality, _)| *quality) {
        Some((quality, representation)) if quality > 0 => representation,
        _ => Representation::Text,
    }
}

/// Whether a scraper prefers OpenMetrics to Prometheus' older text format.
pub(crate) fn prefers_openmetrics(accept: &str) -> bool {
    // `*/*` covers both. A client that names neither gets the format that every scraper reads.
    let newer = quality(accept, "application", "openmetrics-text");
    newer > quality(accept, "text", "plain")
}

/// Whether a client asks for `application/problem+json` by name, and does not prefer JSON.
pub(crate) fn prefers_problem(accept: &str) -> bool {
    accept.contains("problem+json") && {
        let problem = quality(accept, "application", "problem+json");
        problem > 0 && problem >= quality(accept, "application", "json")
    }
}

/// The weight that a client gives `kind/subtype`, in thousandths: that of the most specific range
/// that covers it, or 0.
fn quality(accept: &str, kind: &str, subtype: &str) -> u16 {
    let mut best = (0, 0);
    for range in accept.split(',') {
        let mut parts = range.split(';');
        let media = parts.next().unwrap_or_default().trim();
        let Some((k, s)) = media.split_once('/') else { continue };
        let specific = match (k.eq_ignore_ascii_case(kind), s.eq_ignore_ascii_case(subtype)) {
            (true, true) => 3,
            (true, _) if s == "*" => 2,
            _ if k == "*" && s == "*" => 1,
            _ => continue,
        };
        let weight = parts.find_map(|p| {
            let (name, value) = p.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| thousandths(value.trim()))
        });
        best = best.max((specific, weight.unwrap_or(1000)));
    }
    best.1
}

/// `0.8` as 800. An invalid weight counts as 0, like a refusal.
pub(crate) fn thousandths(weight: &str) -> u16 {
    match weight.parse::<f32>() {
        // In 0..=1, so the product fits.
        Ok(w) if (0.0..=1.0).contains(&w) => (w * 1000.0).round() as u16,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn those_who_ask_get_what_they_mean() {
        let firefox = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        let chromium = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,\
                        image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7";
        for (accept, expected) in [
            ("", Representation::Text),
            ("*/*", Representation::Text),
            (firefox, Representation::Html),
            (chromium, Representation::Html),
            ("application/json", Representation::Json),
            ("application/json, text/plain, */*", Representation::Text),
            ("application/json, text/plain;q=0.9, */*;q=0.1", Representation::Json),
            ("application/*", Representation::Json),
            ("Application/JSON;charset=utf-8", Representation::Json),
            ("text/html;q=0, */*", Representation::Text),
            ("text/plain;q=0, text/html;q=0.1", Representation::Html),
            ("image/png", Representation::Text),
        ] {
            assert_eq!(preferred(accept), expected, "{accept}");
        }
    }

    #[test]
    fn a_scraper_gets_the_format_that_it_rates_higher() {
        let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,\
                          application/openmetrics-text;version=0.0.1;q=0.4,\
                          text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        assert!(prefers_openmetrics(prometheus));
        for older in
            ["", "*/*", "text/plain", "text/plain;q=0.9, application/openmetrics-text;q=0.1"]
        {
            assert!(!prefers_openmetrics(older), "{older}");
        }
    }

    #[test]
    fn a_problem_is_for_who_names_it() {
        assert!(prefers_problem("application/problem+json"));
        assert!(prefers_problem("application/problem+json, application/json;q=0.9"));
        for other in
            ["", "*/*", "application/*", "application/json", "application/problem+json;q=0"]
        {
            assert!(!prefers_problem(other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_header_is_too_strange(accept in "\\PC{0,200}") {
            preferred(&accept);
        }

        #[test]
        fn the_highest_weight_wins(html in 0u16..=1000, json in 0u16..=1000, swapped: bool) {
            prop_assume!(html != json);
            let weight = |w: u16| format!("{}.{:03}", w / 1000, w % 1000);
            let mut ranges = [
                format!("text/html;q={}", weight(html)),
                format!("application/json;q={}", weight(json)),
            ];
            if swapped {
                ranges.reverse();
            }
            let wanted = if html > json { Representation::Html } else { Representation::Json };
            prop_assert_eq!(preferred(&ranges.join(", ")), wanted);
        }

        #[test]
        fn what_is_refused_is_not_sent(form_at in 0usize..3, rest in "(, ?text/html|, ?\\*/\\*;q=0.1){0,3}") {
            let (refused, kind, subtype) = REPRESENTATIONS[form_at];
            prop_assume!(refused != Representation::Text);
            prop_assume!(!rest.contains(&format!("{kind}/{subtype}")));
            prop_assert_ne!(preferred(&format!("{kind}/{subtype};q=0{rest}")), refused);
        }
    }
}
