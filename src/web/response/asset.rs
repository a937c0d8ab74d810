//! Files that are part of the program, such as scripts and styles. build.rs compresses them,
//! and `Accept-Encoding` decides which encoding a client gets.

use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::etag;
use super::negotiate::thousandths;

/// A browser asks again after an hour, and gets 304 if the file is unchanged.
const KEEP: &str = "public, max-age=3600";

/// The media type of a script.
pub(crate) const SCRIPT: &str = "text/javascript; charset=utf-8";

/// One file.
pub(crate) struct Asset {
    kind: &'static str,
    plain: Encoded,
    /// The compressed encodings, the smallest first; empty for a picture.
    packed: &'static [(&'static str, Encoded)],
}

/// The bytes of a file, in one encoding.
pub(crate) struct Encoded {
    pub(crate) bytes: &'static [u8],
    /// The hash of these bytes: each encoding has its own tag.
    hash: u64,
}

impl Encoded {
    pub(crate) const fn new(bytes: &'static [u8]) -> Self {
        Self { bytes, hash: etag::hash(bytes) }
    }
}

/// A file with the encodings that build.rs made.
macro_rules! packed {
    ($name:literal, $kind:expr) => {{
        use crate::web::response::asset::{Asset, Encoded};
        Asset::packed(
            $kind,
            Encoded::new(include_bytes!(concat!(env!("OUT_DIR"), "/", $name))),
            const {
                &[
                    (
                        "br",
                        Encoded::new(include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".br"))),
                    ),
                    (
                        "gzip",
                        Encoded::new(include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".gz"))),
                    ),
                ]
            },
        )
    }};
}
pub(crate) use packed;

impl Asset {
    /// A file that is not worth compressing.
    pub(crate) const fn plain(kind: &'static str, bytes: &'static [u8]) -> Self {
        Self { kind, plain: Encoded::new(bytes), packed: &[] }
    }

    /// A file with its compressed encodings, the smallest first.
    pub(crate) const fn packed(
        kind: &'static str,
        plain: Encoded,
        packed: &'static [(&'static str, Encoded)],
    ) -> Self {
        Self { kind, plain, packed }
    }

    /// The answer to a request with these headers.
    pub(crate) fn answer(&self, headers: &HeaderMap) -> Response {
        let accepted = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
        let accepted = accepted.collect::<Vec<_>>().join(",");
        let (encoding, form) = self.preferred(&accepted);
        let tag = etag::tag(form.hash);
        let common: [(HeaderName, &str); 4] = [
            (CACHE_CONTROL, KEEP),
            (ETAG, &tag),
            (VARY, "accept-encoding"),
            (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
        ];
        if etag::is_known(&tag, headers.get(IF_NONE_MATCH)) {
            return (StatusCode::NOT_MODIFIED, common).into_response();
        }
        let mut answer = ([(CONTENT_TYPE, self.kind)], common, form.bytes).into_response();
        if let Some(encoding) = encoding {
            answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        answer
    }

    /// The encoding that the client rates highest, of equal ones the smallest. A client that
    /// refuses all of them gets the plain file, which is more useful than an error.
    fn preferred(&self, accepted: &str) -> (Option<&'static str>, &Encoded) {
        let mut best = (weight(accepted, "identity"), None, &self.plain);
        for (name, encoded) in self.packed.iter().rev() {
            let weight = weight(accepted, name);
            if weight > 0 && weight >= best.0 {
                best = (weight, Some(*name), encoded);
            }
        }
        (best.1, best.2)
    }

    /// The size in each encoding.
    #[cfg(test)]
    pub(crate) fn sizes(&self) -> Vec<(&'static str, usize)> {
        let packed = self.packed.iter().map(|(name, encoded)| (*name, encoded.bytes.len()));
        std::iter::once(("identity", self.plain.bytes.len())).chain(packed).collect()
    }
}

/// The weight of an encoding in `Accept-Encoding`, in thousandths (RFC 9110, section 12.5.3).
/// An encoding that is not listed is not accepted; `identity` is, after all that are.
fn weight(accepted: &str, encoding: &str) -> u16 {
    let (mut named, mut any) = (None, None);
    for part in accepted.split(',') {
        let mut parts = part.split(';');
        let name = parts.next().unwrap_or_default().trim();
        let weight = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| thousandths(value.trim()))
        });
        let weight = weight.unwrap_or(1000);
        if name.eq_ignore_ascii_case(encoding) {
            named = Some(weight);
        } else if name == "*" {
            any = Some(weight);
        }
    }
    match encoding {
        // Not listed means acceptable, but less than everything listed.
        "identity" => named.unwrap_or(0),
        _ => named.or(any).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    static SAMPLE: Asset = packed!("page.js", SCRIPT);

    #[test]
    fn a_client_gets_the_encoding_that_it_rates_highest() {
        for (accepted, expected) in [
            ("", None),
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip, deflate", Some("gzip")),
            ("GZIP;q=1.0, br;q=0.5", Some("gzip")),
            ("br;q=0, gzip;q=0.1", Some("gzip")),
            ("*", Some("br")),
            ("*;q=0.5, br;q=0", Some("gzip")),
            ("gzip;q=0", None),
            ("identity, gzip;q=0.5", None),
            ("identity;q=0.5, gzip;q=0.5", Some("gzip")),
            ("identity;q=0", None),
            ("zstd", None),
            ("br;q=nonsense", None),
        ] {
            assert_eq!(SAMPLE.preferred(accepted).0, expected, "{accepted}");
        }
    }

    #[test]
    fn each_encoding_unpacks_to_the_file_and_has_a_tag_of_its_own() {
        let [(_, br), (_, gzip)] = SAMPLE.packed else { panic!("two") };
        let (mut of_br, mut of_gzip) = (Vec::new(), Vec::new());
        brotli::BrotliDecompress(&mut &br.bytes[..], &mut of_br).unwrap();
        flate2::read::GzDecoder::new(gzip.bytes).read_to_end(&mut of_gzip).unwrap();
        assert!(of_br == SAMPLE.plain.bytes && of_gzip == SAMPLE.plain.bytes);
        assert!(br.hash != gzip.hash && gzip.hash != SAMPLE.plain.hash);
    }

    #[test]
    fn a_form_that_is_known_is_not_sent_again() {
        let ask = |encoding: &str, known: &str| {
            let headers = [("accept-encoding", encoding), ("if-none-match", known)];
            let headers =
                headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            SAMPLE.answer(&HeaderMap::from_iter(headers))
        };
        let first = ask("gzip", "");
        assert_eq!(first.headers()[CONTENT_ENCODING], "gzip");
        assert_eq!(first.headers()[VARY], "accept-encoding");
        let tag = first.headers()[ETAG].to_str().unwrap().to_owned();
        let again = ask("gzip", &tag);
        assert_eq!(
            (again.status(), again.headers().get(CONTENT_ENCODING)),
            (StatusCode::NOT_MODIFIED, None)
        );
        assert_eq!(ask("br", &tag).status(), StatusCode::OK, "another encoding");
    }
}
