//! What needs to reach into the file: a disk that is full, and a damaged record.

use std::sync::atomic::Ordering;

use super::*;
use crate::model::hit::{Hit, Source};
use crate::store::Mode;

const LIMITS: Limits = Limits {
    mode: Mode::Open,
    counters_per_namespace: 1000,
    counters: 1000,
    history_days: 10,
    history_hours: 10,
};

const NOW: Timestamp = Timestamp(1_800_000_000);

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn tally(number: u64, keys: &[&str]) -> Tally {
    let hits: Vec<Hit> = keys
        .iter()
        .map(|key| {
            let counter = Counter { namespace: name("n"), key: name(key) };
            Hit { counter, source: Source::Browser, visitor: None, id: None }
        })
        .collect();
    Tally::join(crate::model::tally::Lane::Shared(0), number, NOW, hits.iter()).0
}

#[tokio::test]
async fn a_full_disk_costs_nothing_that_was_counted_and_counting_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seen.redb");
    let store = Embedded::open(&path, LIMITS).unwrap();
    store.apply(&tally(1, &["a"])).await.unwrap();
    store.file.full.store(true, Ordering::Relaxed);
    for number in 2..5 {
        let refused = store.apply(&tally(number, &["a"])).await;
        assert!(
            matches!(refused, Err(StoreError::Full(_) | StoreError::Unavailable(_))),
            "{refused:?}"
        );
    }
    // Nobody else gets the file meanwhile.
    assert!(matches!(Embedded::open(&path, LIMITS), Err(FileError::InUse(_))));
    store.file.full.store(false, Ordering::Relaxed);
    store.apply(&tally(5, &["a"])).await.unwrap();
    assert_eq!(store.totals(&name("n"), &[name("a")]).await.unwrap(), [Some(2)]);
    store.close().await;
    drop(store);
    let again = Embedded::open(&path, LIMITS).unwrap();
    assert_eq!(again.totals(&name("n"), &[name("a")]).await.unwrap(), [Some(2)]);
    again.close().await;
}

#[tokio::test]
async fn a_damaged_record_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = Embedded::open(&folder.path().join("seen.redb"), LIMITS).unwrap();
    let damage = |tables: &mut Tables| {
        tables.counters.insert(("n", "bad"), [0xff; 3].as_slice())?;
        Ok(())
    };
    store.write(damage, |()| {}).await.unwrap();
    let outcomes = store.apply(&tally(1, &["good", "bad", "fine"])).await.unwrap();
    assert_eq!(outcomes[1], Outcome::Refused(crate::model::tally::Refusal::Damaged));
    let totals = store.totals(&name("n"), &[name("good"), name("fine")]).await.unwrap();
    assert_eq!(totals, [Some(1), Some(1)]);
    store.close().await;
}

#[tokio::test]
async fn what_has_expired_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Embedded::open(&folder.path().join("seen.redb"), LIMITS).unwrap();
    let put = |tables: &mut Tables| {
        for n in 0..200_u8 {
            let id = marks::Mark::Change(crate::model::edit::ChangeId([n; 16]));
            tables.marks.put(id, NOW.0 + u64::from(n), &[])?;
        }
        Ok(())
    };
    store.write(put, |()| {}).await.unwrap();
    let expire = |most| move |tables: &mut Tables| tables.marks.expire(Timestamp(NOW.0 + 99), most);
    assert_eq!(store.write(expire(64), |_| {}).await.unwrap(), 64);
    assert_eq!(store.write(expire(64), |_| {}).await.unwrap(), 36);
    assert_eq!(store.write(expire(64), |_| {}).await.unwrap(), 0);
    store.close().await;
}

#[tokio::test]
async fn a_file_of_another_layout_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seen.redb");
    for other in [LAYOUT - 1, LAYOUT + 1] {
        let store = Embedded::open(&path, LIMITS).unwrap();
        let set = move |tables: &mut Tables| {
            tables.file.insert("layout", other)?;
            Ok(())
        };
        store.write(set, |()| {}).await.unwrap();
        store.close().await;
        drop(store);
        let refused = Embedded::open(&path, LIMITS).err().unwrap().to_string();
        assert!(refused.contains(&format!("has layout {other}")), "{refused}");
        std::fs::remove_file(&path).unwrap();
    }
}
