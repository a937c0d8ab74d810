//! Keys for paths, which may contain characters that names may not.

use ring::digest;

use super::hex;
use super::name::{InvalidName, MAX_LENGTH, Name};

/// The key of a whole site's counter. Only a page with exactly this name would share it.
pub const SITE: &str = ".site";

/// A key for any path.
///
/// A path that is a valid name stays as it is. Any other becomes a readable part, a dot
/// and 16 hexadecimal digits of its SHA-256, which keep paths apart. A name that already
/// looks like such a key is hashed too, since it could be another path's.
///
/// # Errors
/// Never in practice: the result is a valid name.
pub fn key_of(path: &str) -> Result<Name, InvalidName> {
    let path = path.trim_matches('/');
    let is_hashed = path.rsplit_once('.').is_some_and(|(_, end)| {
        end.len() == 16 && end.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    });
    if let Ok(name) = Name::new(path)
        && !is_hashed
    {
        return Ok(name);
    }
    let hash = digest::digest(&digest::SHA256, path.as_bytes());
    let digits = hex::encode(&hash.as_ref()[..8]);
    let of_name = |c: char| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '-' };
    let readable: String = path.chars().map(of_name).take(MAX_LENGTH - 1 - digits.len()).collect();
    let readable = if readable.is_empty() { "home".into() } else { readable };
    Name::new(&format!("{readable}.{digits}"))
}

/// The key that `seen.js` uses for a page with this path.
///
/// It is the path with `-` for each run of characters that names may not contain, or `home`
/// if nothing is left. A longer path keeps its first 53 characters, followed by a checksum.
///
/// # Errors
/// Never in practice: the result is a valid name.
pub fn page_key(path: &str) -> Result<Name, InvalidName> {
    let of_name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let (mut key, mut in_gap) = (String::new(), false);
    for c in path.chars() {
        match (of_name(c), in_gap) {
            (true, _) => key.push(c),
            (false, true) => {}
            (false, false) => key.push('-'),
        }
        in_gap = !of_name(c);
    }
    let key = match key.trim_matches('-') {
        "" => "home",
        key => key,
    };
    if key.len() <= MAX_LENGTH {
        return Name::new(key);
    }
    let sum = key.bytes().fold(0_u32, |sum, b| sum.wrapping_mul(31).wrapping_add(u32::from(b)));
    Name::new(&format!("{}.{sum}", &key[..53]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_its_name_or_gets_one_of_its_own() {
        let key = |path: &str| key_of(path).unwrap().to_string();
        assert_eq!(key("octocat"), "octocat");
        assert_eq!(key("/octocat/"), "octocat");
        assert!(key("user/repo").starts_with("user-repo."), "{}", key("user/repo"));
        assert_ne!(key("user/repo"), key("user-repo"));
        assert_ne!(key("a/b"), key("a.b"));
        assert_ne!(key(&key("user/repo")), key("user/repo"), "a key given as a path");
        assert!(key("").starts_with("home."));
        assert_eq!(key(&"x/".repeat(100)).len(), 64);
        assert_eq!(key("日本/語").len(), 4 + 1 + 16);
    }

    /// The last one is what seen.js makes of it (tests/browser/seen_js.rs).
    #[test]
    fn a_page_is_named_as_seen_js_names_it() {
        let key = |path: &str| page_key(path).unwrap().to_string();
        for (path, expected) in
            [("/", "home"), ("/a,b", "a-b"), ("/blog/one/", "blog-one"), ("/a-/b", "a--b")]
        {
            assert_eq!(key(path), expected, "{path}");
        }
        let long = "long-long-long-long-long-long-long-long-long-long-lon.2325886861";
        assert_eq!(key(&"/long".repeat(20)), long);
    }
}
