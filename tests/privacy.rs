//! What is left of a visitor in the store: nothing that could be read back.

mod common;

use std::path::{Path, PathBuf};

use common::{Place, Seen, request};

/// Every byte that the store keeps on disk.
fn kept(place: &Place) -> Vec<u8> {
    let folder = match place {
        Place::File(folder) => folder.path().to_owned(),
        Place::Redis(redis) => {
            let dir = redis.ask(&["CONFIG", "GET", "dir"]);
            PathBuf::from(dir.split_whitespace().find(|word| word.starts_with('/')).unwrap())
        }
    };
    let mut bytes = Vec::new();
    read(&folder, &mut bytes);
    assert!(!bytes.is_empty(), "the test sees what is kept in {}", folder.display());
    bytes
}

fn read(folder: &Path, bytes: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            read(&entry.path(), bytes);
        } else {
            bytes.extend(std::fs::read(entry.path()).unwrap());
        }
    }
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// dwyl keeps addresses and user agents for ever, Abacus tokens in clear.
fn nothing_of_a_visitor_and_no_token_is_kept(place: Place) {
    let mut command =
        common::command(&["--store", &place.store(), "--trusted-proxies", "127.0.0.1"]);
    command.env("SEEN_TOKEN", "the-token-of-the-instance");
    let mut seen = Seen::spawn(command);
    let headers = [
        ("user-agent", "Mozilla/5.0 (secret agent)"),
        ("x-forwarded-for", "203.0.113.77"),
        ("referer", "https://secret.example/page"),
        ("cookie", "secret=cookie"),
        ("idempotency-key", "secret-key"),
    ];
    let created = seen.get("/create/site/page?dedupe=1h").json();
    let token = created["admin_key"].as_str().unwrap();
    let claimed = request("PUT", &seen.url("/namespaces/mine"), &[]).json();
    let owner = claimed["token"].as_str().unwrap();
    let bearer = format!("Bearer {owner}");
    request("PATCH", &seen.url("/namespaces/mine?open=1"), &[("authorization", &bearer)]);
    for path in ["/hit/site/page", "/", "/hit/mine/page"] {
        let answer = request("GET", &seen.url(path), &headers);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("set-cookie"), None, "{path}");
    }
    assert!(seen.stop().success());
    let kept = kept(&place);
    assert!(holds(&kept, b"page"), "the test sees counters");
    // As web/client.rs has it.
    let address = [0, 0, 0, 0, 203, 0, 113, 77];
    let secrets = [
        b"secret".as_slice(),
        b"Mozilla",
        b"203.0.113",
        &address,
        token.as_bytes(),
        &token.as_bytes()["seen_".len()..],
        owner.as_bytes(),
        b"the-token-of-the-instance",
    ];
    for secret in secrets {
        assert!(!holds(&kept, secret), "{} is kept", String::from_utf8_lossy(secret));
    }
}

on_every_store! {
    nothing_of_a_visitor_and_no_token_is_kept
}
