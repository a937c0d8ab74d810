//! What needs to reach into the file: a disk that is full, what a crash leaves, and damage.

use std::sync::atomic::Ordering;

use super::*;
use crate::model::edit::ChangeId;
use crate::model::hit::{Hit, Source};
use crate::model::name::Name;
use crate::model::tally::{Lane, Refusal, Tally};
use crate::model::time::Timestamp;
use crate::store::{Mode, Store};

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
    Tally::join(Lane::Shared(0), number, NOW, hits.iter()).0
}

async fn total(store: &Embedded, key: &str) -> Option<i64> {
    store.totals(&name("n"), &[name(key)]).await.unwrap()[0]
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
        assert!(matches!(refused, Err(StoreError::Full(_))), "{refused:?}");
    }
    // Nobody else gets the file meanwhile.
    assert!(matches!(Embedded::open(&path, LIMITS), Err(FileError::InUse(_))));
    store.file.full.store(false, Ordering::Relaxed);
    store.apply(&tally(5, &["a"])).await.unwrap();
    assert_eq!(total(&store, "a").await, Some(2));
    store.close().await;
    drop(store);
    let again = Embedded::open(&path, LIMITS).unwrap();
    assert_eq!(total(&again, "a").await, Some(2));
    again.close().await;
}

/// The files of a process that died are copied away while it runs: what it had answered is
/// there, whichever of them a checkpoint had reached.
#[tokio::test]
async fn what_was_answered_is_there_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seen.redb");
    let store = Embedded::open(&path, LIMITS).unwrap();
    for number in 1..=50 {
        store.apply(&tally(number, &["a", "b"])).await.unwrap();
    }
    let crashed = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), crashed.path().join(entry.file_name())).unwrap();
    }
    store.close().await;
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files(), 1, "a stop leaves one file");
    for _ in 0..2 {
        let again = Embedded::open(&crashed.path().join("seen.redb"), LIMITS).unwrap();
        assert_eq!((total(&again, "a").await, total(&again, "b").await), (Some(50), Some(50)));
        assert_eq!(again.size().await.unwrap(), 2);
        again.close().await;
    }
}

/// As where the folder cannot be written to and a supervisor starts seen again and again: the log
/// is in the file, and cannot be deleted.
#[tokio::test]
async fn starts_that_cannot_delete_the_log_leave_it_the_files_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seen.redb");
    let crashed = tempfile::tempdir().unwrap();
    let again = crashed.path().join("seen.redb");
    let store = Embedded::open(&path, LIMITS).unwrap();
    store.apply(&tally(1, &["a"])).await.unwrap();
    let mut logs = Vec::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let to = crashed.path().join(entry.file_name());
        std::fs::copy(entry.path(), &to).unwrap();
        if to != again {
            logs.push((to.clone(), std::fs::read(&to).unwrap()));
        }
    }
    store.close().await;
    for _ in 0..4 {
        let begun = Writer::start(LockedFile::open(&again).ok().unwrap(), again.clone(), false);
        assert_eq!(begun.err().map(|error| error.to_string()), None);
        logs.iter().for_each(|(log, bytes)| std::fs::write(log, bytes).unwrap());
    }
    let store = Embedded::open(&again, LIMITS).unwrap();
    assert_eq!(total(&store, "a").await, Some(1));
    store.close().await;
}

#[tokio::test]
async fn a_log_is_not_put_into_another_state_of_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seen.redb");
    let backup = folder.path().join("backup");
    let open = || Embedded::open(&path, LIMITS);
    let store = open().unwrap();
    store.apply(&tally(1, &["a"])).await.unwrap();
    store.close().await;
    drop(store);
    std::fs::copy(&path, &backup).unwrap();
    for _ in 0..3 {
        open().unwrap().close().await;
    }
    let store = open().unwrap();
    store.apply(&tally(1, &["a"])).await.unwrap();
    let log = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let log = log.into_iter().find(|path| path.to_string_lossy().contains("-log")).unwrap();
    let kept = std::fs::read(&log).unwrap();
    store.close().await;
    drop(store);
    // The file alone is gone.
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&log, &kept).unwrap();
    assert!(open().err().unwrap().to_string().contains("log"), "it would begin at 1");
    // An older one was put back, and its log is a later one's.
    std::fs::copy(&backup, &path).unwrap();
    assert!(open().err().unwrap().to_string().contains("backup"));
    std::fs::remove_file(&log).unwrap();
    open().unwrap().close().await;
}

#[tokio::test]
async fn an_empty_or_short_file_is_not_taken_for_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seen.redb");
    std::fs::write(&path, b"").unwrap();
    assert!(matches!(Embedded::open(&path, LIMITS), Err(FileError::Empty(_))));
    std::fs::remove_file(&path).unwrap();
    let store = Embedded::open(&path, LIMITS).unwrap();
    store.apply(&tally(1, &["a"])).await.unwrap();
    store.close().await;
    drop(store);
    let bytes = std::fs::read(&path).unwrap();
    for part in [2, 3, 10, 1000] {
        std::fs::write(&path, &bytes[..bytes.len() / part]).unwrap();
        assert!(Embedded::open(&path, LIMITS).is_err(), "1/{part} of the file");
    }
}

#[tokio::test]
async fn a_file_that_was_deleted_is_not_counted_into() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seen.redb");
    let store = Embedded::open(&path, LIMITS).unwrap();
    store.apply(&tally(1, &["a"])).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    let started = std::time::Instant::now();
    let mut number = 2;
    while store.apply(&tally(number, &["a"])).await.is_ok() {
        assert!(started.elapsed().as_secs() < 10, "it goes on counting");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        number += 1;
    }
    store.close().await;
}

#[tokio::test]
async fn a_damaged_record_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = Embedded::open(&folder.path().join("seen.redb"), LIMITS).unwrap();
    let bad = Counter { namespace: name("n"), key: name("bad") };
    let damage = move |batch: &mut Batch| {
        batch.put(tables::record_key(&bad), vec![0xff; 3]);
        Ok(())
    };
    store.write(damage, |()| {}).await.unwrap();
    let outcomes = store.apply(&tally(1, &["good", "bad", "fine"])).await.unwrap();
    assert_eq!(outcomes[1], Outcome::Refused(Refusal::Damaged));
    assert_eq!((total(&store, "good").await, total(&store, "fine").await), (Some(1), Some(1)));
    store.close().await;
}

#[tokio::test]
async fn a_job_that_panics_takes_no_other_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Embedded::open(&folder.path().join("seen.redb"), LIMITS).unwrap();
    let panicking = store.write(|_| -> Result<(), StoreError> { panic!("a test") }, |()| {});
    let hits = tally(1, &["a"]);
    let (panicked, counted) = tokio::join!(panicking, store.apply(&hits));
    assert!(panicked.is_err() && counted.is_ok());
    assert_eq!(total(&store, "a").await, Some(1));
    store.close().await;
}

#[tokio::test]
async fn what_has_expired_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Embedded::open(&folder.path().join("seen.redb"), LIMITS).unwrap();
    let put = |batch: &mut Batch| {
        for n in 0..200_u8 {
            let mark = tables::Mark::Change(ChangeId([n; 16]));
            tables::put_mark(batch, mark, NOW.0 + u64::from(n), &[]);
        }
        Ok(())
    };
    store.write(put, |()| {}).await.unwrap();
    let expire = |most| move |batch: &mut Batch| tables::expire(batch, Timestamp(NOW.0 + 99), most);
    assert_eq!(store.write(expire(64), |_| {}).await.unwrap(), 64);
    assert_eq!(store.write(expire(64), |_| {}).await.unwrap(), 36);
    assert_eq!(store.write(expire(64), |_| {}).await.unwrap(), 0);
    store.close().await;
}

#[tokio::test]
async fn a_file_of_another_layout_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seen.redb");
    let other = writer::LAYOUT + 1;
    let store = Embedded::open(&path, LIMITS).unwrap();
    let set = move |batch: &mut Batch| {
        tables::set_fact(batch, tables::Fact::Layout, other);
        Ok(())
    };
    store.write(set, |()| {}).await.unwrap();
    store.close().await;
    drop(store);
    let refused = Embedded::open(&path, LIMITS).err().unwrap().to_string();
    assert!(refused.contains(&format!("layout is {other}")), "{refused}");
    // One from before there was one table.
    let older = folder.path().join("older.redb");
    let database = redb::Database::create(&older).unwrap();
    let txn = database.begin_write().unwrap();
    txn.open_table(redb::TableDefinition::<&str, u64>::new("file")).unwrap();
    txn.commit().unwrap();
    drop(database);
    let refused = Embedded::open(&older, LIMITS).err().unwrap().to_string();
    assert!(refused.contains("an older one"), "{refused}");
}
