//! Bot detection: tells people, bots and image proxies apart by their user agents, and
//! prefetches and seen's own pages by the headers of browsers.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue};

use crate::model::hit::Source;

/// Words in the user agents of proxies that fetch pictures for people.
const PROXIES: &[&str] = &[
    "github-camo",
    "camo asset proxy",
    "googleimageproxy",
    "yahoomailproxy",
    "gitlab-camo",
    "imgproxy",
    "duckduckgo-favicons",
];

/// Words in the user agents of crawlers, link previews and monitors. HTTP libraries are not
/// among them: a program that calls the API means to count.
const BOTS: &[&str] = &[
    "bot",
    "crawl",
    "spider",
    "slurp",
    "preview",
    "facebookexternalhit",
    "embedly",
    "whatsapp/",
    "headlesschrome",
    "phantomjs",
    "lighthouse",
    "pagespeed",
    "pingdom",
    "uptime",
    "statuscake",
    "monitoring",
    "nagios",
    "chatgpt-user",
    "claude-user",
    "archive.org",
    "ia_archiver",
    "w3c_validator",
    "feedfetcher",
    "mediapartners-google",
    "google-inspectiontool",
];

/// The headers in which browsers announce a prefetch.
const AHEAD: &[&str] = &["prefetch", "prerender", "preview"];

/// How much of a user agent is examined, in bytes.
const MAX_AGENT: usize = 512;

/// The source of a request. Every hit comes through here, so it reads the headers in one
/// pass.
pub(crate) fn source(headers: &HeaderMap) -> Source {
    static AGENTS: LazyLock<AgentWords> =
        LazyLock::new(|| AgentWords::new(&[(PROXIES, Source::Proxy), (BOTS, Source::Bot)]));
    static FETCHING: LazyLock<AgentWords> =
        LazyLock::new(|| AgentWords::new(&[(AHEAD, Source::Prefetch)]));
    let (mut agent, mut own_site, mut own_image) = (b"".as_slice(), false, false);
    for (name, value) in headers {
        match name.as_str() {
            "user-agent" => agent = examined(value),
            "sec-fetch-site" => own_site = value == "same-origin",
            "sec-fetch-dest" => own_image = value == "image",
            "sec-purpose" | "purpose" | "x-purpose" | "x-moz" => {
                if let Some(source) = FETCHING.tell(examined(value)) {
                    return source;
                }
            }
            _ => {}
        }
    }
    // Only seen's own pages have seen's origin.
    if own_site && own_image {
        return Source::Own;
    }
    AGENTS.tell(agent).unwrap_or(Source::Browser)
}

/// The part of a user agent that is examined.
pub(crate) fn examined(agent: &HeaderValue) -> &[u8] {
    let agent = agent.as_bytes();
    &agent[..agent.len().min(MAX_AGENT)]
}

/// Words and their sources, indexed by their first two letters: words are compared only at
/// the few positions in a text where such a pair stands.
struct AgentWords {
    /// For each first letter, a bit for each second one.
    pairs: [u32; 32],
    by_first: [Vec<(&'static str, Source)>; 32],
}

impl AgentWords {
    /// Lower-case words of two letters and more.
    fn new(lists: &[(&[&'static str], Source)]) -> Self {
        let mut words = Self { pairs: [0; 32], by_first: Default::default() };
        for &(list, source) in lists {
            for &word in list {
                let (first, second) = (word.as_bytes()[0], word.as_bytes()[1]);
                words.pairs[Self::letter(first)] |= 1 << Self::letter(second);
                words.by_first[Self::letter(first)].push((word, source));
            }
        }
        words
    }

    /// A letter's position in the alphabet, in either case. Other bytes collide with letters.
    fn letter(byte: u8) -> usize {
        usize::from(byte & 31)
    }

    /// The source of the first word in `text`, in any case. An image proxy takes precedence over
    /// other words.
    fn tell(&self, text: &[u8]) -> Option<Source> {
        let mut told = None;
        // The letters that complete a pair with the previous one.
        let mut seconds = 0;
        for (at, &byte) in text.iter().enumerate() {
            let letter = Self::letter(byte);
            if seconds & 1 << letter != 0 {
                let found = self.at_the_start(&text[at - 1..]);
                if found == Some(Source::Proxy) {
                    return found;
                }
                told = told.or(found);
            }
            seconds = self.pairs[letter];
        }
        told
    }

    /// The source of the first listed word with which `text` begins.
    fn at_the_start(&self, text: &[u8]) -> Option<Source> {
        // Byte by byte: most words differ at the third letter.
        let begins = |word: &str| {
            word.len() <= text.len()
                && word
                    .bytes()
                    .zip(text)
                    .all(|(of_word, byte)| of_word == byte.to_ascii_lowercase())
        };
        let words = &self.by_first[Self::letter(*text.first()?)];
        words.iter().find(|(word, _)| begins(word)).map(|&(_, source)| source)
    }
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
    fn every_word_is_found_anywhere_and_in_any_case() {
        for (words, source) in [(PROXIES, Source::Proxy), (BOTS, Source::Bot)] {
            for word in words {
                for agent in [format!("a/1 ({word})"), word.to_uppercase(), format!("{word}/2")] {
                    assert_eq!(with(&[("user-agent", &agent)]), source, "{agent}");
                }
            }
        }
        assert_eq!(with(&[("user-agent", "bo bowl b\u{f6}t")]), Source::Browser);
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
