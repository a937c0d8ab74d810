//! What asks for a hit, by its headers.

use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, HeaderValue};

use crate::hit::Source;

/// Proxies that fetch pictures for people and hide them.
const PROXIES: &[&str] = &[
    "github-camo",
    "camo asset proxy",
    "googleimageproxy",
    "yahoomailproxy",
    "gitlab-camo",
    "imgproxy",
    "duckduckgo-favicons",
];

/// Words of crawlers, link previews and monitors. HTTP libraries are not here:
/// who calls the API from a program means the hit.
const BOTS: &[&str] = &[
    "bot",
    "crawl",
    "spider",
    "slurp",
    "preview",
    "facebookexternalhit",
    "embedly",
    "whatsapp/",
    "skypeuripreview",
    "headlesschrome",
    "phantomjs",
    "lighthouse",
    "pagespeed",
    "pingdom",
    "uptime",
    "statuscake",
    "monitoring",
    "nagios",
    "gptbot",
    "chatgpt-user",
    "claude-user",
    "archive.org",
    "ia_archiver",
    "w3c_validator",
    "feedfetcher",
    "mediapartners-google",
    "google-inspectiontool",
    "bingpreview",
];

/// The headers by which browsers say that they fetch ahead.
const PREFETCH: [&str; 4] = ["sec-purpose", "purpose", "x-purpose", "x-moz"];

/// The longest user agent that is looked at, in bytes.
const AGENT_MOST: usize = 512;

/// The source of a request with these headers.
pub fn source(headers: &HeaderMap) -> Source {
    if PREFETCH
        .iter()
        .any(|name| holds_any(value(headers, name), &["prefetch", "prerender", "preview"]))
    {
        return Source::Prefetch;
    }
    // Only seen's own pages are of the same origin as seen.
    if value(headers, "sec-fetch-site") == b"same-origin"
        && value(headers, "sec-fetch-dest") == b"image"
    {
        return Source::Own;
    }
    let agent = headers.get(USER_AGENT).map_or(b"".as_slice(), looked_at);
    if holds_any(agent, PROXIES) {
        Source::Proxy
    } else if holds_any(agent, BOTS) {
        Source::Bot
    } else {
        Source::Browser
    }
}

/// As much of a user agent as is looked at.
pub fn looked_at(agent: &HeaderValue) -> &[u8] {
    let agent = agent.as_bytes();
    &agent[..agent.len().min(AGENT_MOST)]
}

fn value<'a>(headers: &'a HeaderMap, name: &str) -> &'a [u8] {
    headers.get(name).map_or(b"", |value| value.as_bytes())
}

/// Whether one of the lower-case `words` stands in `text`, in any case.
fn holds_any(text: &[u8], words: &[&str]) -> bool {
    (0..text.len()).any(|at| {
        words.iter().any(|word| {
            text.get(at..at + word.len())
                .is_some_and(|part| part.eq_ignore_ascii_case(word.as_bytes()))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(headers: &[(&'static str, &str)]) -> Source {
        let pairs = headers.iter().map(|(name, value)| {
            (axum::http::HeaderName::from_static(name), value.parse().unwrap())
        });
        source(&pairs.collect())
    }

    #[test]
    fn real_agents_are_known() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 \
                      (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1";
        let googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
        let gmail = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
        for (agent, expected) in [
            (firefox, Source::Browser),
            (safari, Source::Browser),
            ("curl/8.9.1", Source::Browser),
            ("python-requests/2.32", Source::Browser),
            ("", Source::Browser),
            ("github-camo (a1b2c3d4)", Source::Proxy),
            (gmail, Source::Proxy),
            (googlebot, Source::Bot),
            ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", Source::Bot),
            ("WhatsApp/2.23.20.0", Source::Bot),
            ("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0", Source::Bot),
            ("UptimeRobot/2.0", Source::Bot),
        ] {
            assert_eq!(with(&[("user-agent", agent)]), expected, "{agent}");
        }
    }

    #[test]
    fn fetching_ahead_is_no_visit() {
        assert_eq!(with(&[("sec-purpose", "prefetch;prerender")]), Source::Prefetch);
        assert_eq!(with(&[("x-moz", "prefetch")]), Source::Prefetch);
        assert_eq!(with(&[("purpose", "navigate")]), Source::Browser);
    }

    #[test]
    fn pictures_on_our_own_pages_are_ours() {
        let own = [("sec-fetch-site", "same-origin"), ("sec-fetch-dest", "image")];
        assert_eq!(with(&own), Source::Own);
        assert_eq!(with(&[("sec-fetch-site", "cross-site"), own[1]]), Source::Browser);
    }
}
