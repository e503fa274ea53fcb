//! What is damaged, lost, in the way or not there for a while, in a directory of segments.

use super::*;
use std::path::PathBuf;
use std::time::Duration;

/// A part of one trace with so many bytes that do not pack.
fn part(trace: u128, bytes: usize) -> Part {
    let mut seed = trace as u64 | 1;
    let noise = (0..bytes).map(|_| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed as u8
    });
    // resource_spans { scope_spans { spans { 3: noise } } }
    let field = |tag: u8, content: Vec<u8>| {
        let mut out = vec![tag];
        crate::wire::put_varint(&mut out, content.len() as u64);
        out.extend(content);
        out
    };
    let blob = field(0x0a, field(0x12, field(0x12, field(0x1a, noise.collect()))));
    let mut part = Part::of(trace, blob);
    part.add_operation(&format!("service-{trace}"), "x", 1);
    part.add_span(1, 2, false);
    part
}

/// A segment for every part.
fn eager() -> Limits {
    Limits { segment_bytes: 1, tick: Duration::from_millis(10), ..Limits::default() }
}

async fn store_with(directory: &Path, limits: Limits, traces: std::ops::RangeInclusive<u128>) -> Store {
    let store = Store::open(directory, limits).unwrap();
    for trace in traces {
        store.append(vec![part(trace, 3000)]).await.unwrap();
    }
    store
}

fn file(directory: &Path, number: u64, extension: &str) -> PathBuf {
    directory.join(format!("segment-{number:08}.{extension}"))
}

/// Copies what lies in a directory as a process finds it that comes after one that was killed.
fn as_if_killed(directory: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(directory).unwrap() {
        let name = entry.unwrap().file_name();
        if !name.to_str().unwrap().ends_with("-shm") {
            std::fs::copy(directory.join(&name), copy.path().join(&name)).unwrap();
        }
    }
    copy
}

fn found(store: &Store, traces: std::ops::RangeInclusive<u128>) -> Vec<u128> {
    traces.filter(|trace| store.trace(*trace).unwrap().is_some()).collect()
}

/// Waits until something is so; the store looks again every ten milliseconds.
pub fn eventually(mut is_so: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it never came to be");
}

#[tokio::test]
async fn what_cannot_be_written_is_read_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits { tick: Duration::from_millis(10), ..Limits::default() };
    let store = store_with(directory.path(), limits, 1..=20).await;
    let copy = as_if_killed(directory.path());
    store.close();
    assert!(std::fs::metadata(file(copy.path(), 1, "sqlite-wal")).unwrap().len() > 0);
    // SQLite makes this file before it reads a log. On a full disk it cannot, and neither can it here.
    std::fs::create_dir(file(copy.path(), 1, "sqlite-shm")).unwrap();
    let store = Store::open(copy.path(), limits).unwrap();
    assert_eq!(found(&store, 1..=20), (1..=20).collect::<Vec<_>>());
    assert_eq!(store.services().unwrap().len(), 20);
    store.append(vec![part(21, 100)]).await.unwrap();

    std::fs::remove_dir(file(copy.path(), 1, "sqlite-shm")).unwrap();
    eventually(|| !file(copy.path(), 1, "sqlite-wal").exists());
    assert_eq!(found(&store, 1..=21).len(), 21);
    assert_eq!(store.status().problems(), [""; 0]);
}

#[tokio::test]
async fn what_cannot_be_read_now_is_tried_again() {
    let directory = tempfile::tempdir().unwrap();
    store_with(directory.path(), eager(), 1..=3).await.close();
    let (path, away) = (file(directory.path(), 2, "sqlite"), directory.path().join("away"));
    std::fs::rename(&path, &away).unwrap();
    std::fs::create_dir(&path).unwrap();
    let store = Store::open(directory.path(), eager()).unwrap();
    assert_eq!((found(&store, 1..=3), store.status().unavailable_segments), (vec![1, 3], 1));
    assert_eq!(store.status().damaged_segments, 0, "it is not damaged");
    assert_eq!(store.status().problems(), ["1 segments cannot be read now"]);
    std::fs::remove_dir(&path).unwrap();
    std::fs::rename(&away, &path).unwrap();
    eventually(|| store.status().unavailable_segments == 0);
    assert_eq!(found(&store, 1..=3), [1, 2, 3]);
}

#[tokio::test]
async fn segments_left_out_are_counted_and_deleted_with_the_others() {
    let directory = tempfile::tempdir().unwrap();
    store_with(directory.path(), eager(), 1..=3).await.close();
    let garbage = b"this is no database".repeat(20_000);
    for number in [1, 2] {
        std::fs::write(file(directory.path(), number, "sqlite"), &garbage).unwrap();
    }
    let store = store_with(directory.path(), eager(), 4..=4).await;
    let status = store.status();
    assert_eq!(status.damaged_segments, 2);
    assert!(status.bytes > 2 * garbage.len() as u64, "{} bytes", status.bytes);
    store.close();

    // By its age.
    let old = std::time::SystemTime::now() - Duration::from_secs(100 * 3600);
    std::fs::File::options()
        .write(true)
        .open(file(directory.path(), 1, "sqlite"))
        .and_then(|file| file.set_modified(old))
        .unwrap();
    let store = store_with(directory.path(), eager(), 5..=5).await;
    eventually(|| store.status().damaged_segments == 1);
    assert!(!file(directory.path(), 1, "sqlite").exists());
    store.close();

    // For room.
    let limits = Limits { max_disk: Some(500_000), ..eager() };
    let store = store_with(directory.path(), limits, 6..=10).await;
    eventually(|| store.status().damaged_segments == 0);
    assert!(!file(directory.path(), 2, "sqlite").exists());
    assert_eq!(found(&store, 6..=10), [6, 7, 8, 9, 10]);
}

#[tokio::test]
async fn what_can_never_fit_is_refused_before_anything_is_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits { max_disk: Some(1 << 20), ..eager() };
    let store = store_with(directory.path(), limits, 1..=10).await;
    let before = found(&store, 1..=10);
    let refused = store.append((100..120).map(|trace| part(trace, 100_000)).collect()).await;
    assert!(matches!(refused, Err(StoreError::TooLarge { .. })), "{refused:?}");
    assert_eq!(found(&store, 1..=10), before, "nothing was deleted for it");
    assert!(!store.status().failing, "the store is well");
}

#[tokio::test]
async fn a_flipped_bit_is_noticed_wherever_it_is() {
    let directory = tempfile::tempdir().unwrap();
    store_with(directory.path(), Limits::default(), 1..=60).await.close();
    let file = rusqlite::Connection::open(file(directory.path(), 1, "sqlite")).unwrap();
    for row in 1..=60usize {
        let column = if row % 10 == 0 { "summary" } else { "spans" };
        let select = format!("SELECT {column} FROM parts WHERE row = {row}");
        let mut bytes: Vec<u8> = file.query_row(&select, [], |found| found.get(0)).unwrap();
        let at = row * 7919 % bytes.len();
        bytes[at] ^= 1 << (row % 8);
        file.execute(&format!("UPDATE parts SET {column} = ?1 WHERE row = {row}"), [bytes]).unwrap();
    }
    drop(file);
    let store = Store::open(directory.path(), Limits::default()).unwrap();
    assert_eq!(found(&store, 1..=60), []);
    let status = store.status();
    assert_eq!((status.unreadable_blobs, status.missing_parts), (54, 6));
}

#[tokio::test]
async fn a_log_that_is_lost_or_cut_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let store = store_with(directory.path(), Limits::default(), 1..=20).await;
    let (lost, cut) = (as_if_killed(directory.path()), as_if_killed(directory.path()));
    store.close();
    std::fs::remove_file(file(lost.path(), 1, "sqlite-wal")).unwrap();
    let log = std::fs::File::options().write(true).open(file(cut.path(), 1, "sqlite-wal")).unwrap();
    log.set_len(log.metadata().unwrap().len() / 2).unwrap();
    for copy in [lost, cut] {
        for limits in [Limits::default(), eager()] {
            let store = store_with(copy.path(), limits, 30..=30).await;
            let kept = found(&store, 1..=20).len() as u64;
            assert!(kept < 20);
            assert_eq!(store.status().missing_parts, 20 - kept, "also after what is written later");
            store.close();
        }
    }
}

#[tokio::test]
async fn a_segment_that_was_cut_gives_what_is_whole() {
    let directory = tempfile::tempdir().unwrap();
    store_with(directory.path(), Limits::default(), 1..=400).await.close();
    store_with(directory.path(), eager(), 401..=402).await.close();
    let path = file(directory.path(), 1, "sqlite");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let store = Store::open(directory.path(), Limits::default()).unwrap();
    let kept = found(&store, 1..=400).len();
    assert!((100..300).contains(&kept), "{kept} of 400");
    let status = store.status();
    assert!(status.missing_parts + status.unreadable_blobs >= 400 - kept as u64, "{status:?}");
    store.close();

    // Bytes in the middle take away what they hit.
    let mut hit = whole.clone();
    let middle = hit.len() / 2;
    hit[middle..middle + 64].fill(0xff);
    std::fs::write(&path, hit).unwrap();
    let store = Store::open(directory.path(), Limits::default()).unwrap();
    let kept = found(&store, 1..=400).len();
    assert!(kept >= 390, "{kept} of 400");
    store.close();

    // Nothing is left of one without bytes.
    std::fs::write(&path, b"").unwrap();
    let store = Store::open(directory.path(), Limits::default()).unwrap();
    assert_eq!((found(&store, 1..=402), store.status().damaged_segments), (vec![402], 1));
}

#[tokio::test]
async fn a_segment_that_lacks_operations_is_counted_as_damaged() {
    let directory = tempfile::tempdir().unwrap();
    store_with(directory.path(), eager(), 1..=2).await.close();
    let connection = rusqlite::Connection::open(file(directory.path(), 1, "sqlite")).unwrap();
    connection.execute("UPDATE operations SET id = 7", []).unwrap();
    drop(connection);
    std::fs::remove_file(file(directory.path(), 1, "index")).ok();
    let store = Store::open(directory.path(), eager()).unwrap();
    assert_eq!(store.services().unwrap(), ["service-2"]);
    assert_eq!(store.status().damaged_segments, 1);
    assert!(store.status().problems().contains(&"1 segments are damaged".to_owned()));
}

#[tokio::test]
async fn a_segment_whose_file_is_removed_is_given_up_and_said() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits { tick: Duration::from_millis(10), ..Limits::default() };
    let store = store_with(directory.path(), limits, 1..=5).await;
    std::fs::remove_file(file(directory.path(), 1, "sqlite")).unwrap();
    eventually(|| store.status().missing_parts == 5);
    store.append(vec![part(6, 100)]).await.unwrap();
    assert_eq!(found(&store, 1..=6), [6]);
    assert_eq!(store.status().problems(), ["5 parts are missing from segments"]);

    // Where the directory is gone too, nothing is acknowledged that would be lost.
    let kept = as_if_killed(directory.path());
    // The writer may make a file in the directory while it is removed.
    eventually(|| std::fs::remove_dir_all(directory.path()).is_ok());
    assert!(store.append(vec![part(7, 100)]).await.is_err());
    // What is lost is counted by the writer, after the refusal.
    eventually(|| store.status().failing && store.status().missing_parts == 6);
    std::fs::create_dir(directory.path()).unwrap();
    store.append(vec![part(8, 100)]).await.unwrap();
    assert!(!store.status().failing);
    store.close();
    assert_eq!(found(&Store::open(directory.path(), limits).unwrap(), 1..=8), [8]);
    assert_eq!(found(&Store::open(kept.path(), limits).unwrap(), 1..=8), [6]);
}

#[tokio::test]
async fn a_lock_that_was_removed_admits_no_second_server() {
    let directory = tempfile::tempdir().unwrap();
    let store = store_with(directory.path(), Limits::default(), 1..=1).await;
    // No file may be what is locked, for this is what can be removed of them.
    let lock = directory.path().join("lock");
    if lock.exists() {
        std::fs::remove_file(&lock).unwrap();
    }
    assert!(matches!(Store::open(directory.path(), Limits::default()), Err(StoreError::InUse(_))));
    store.close();
    drop(store);
    Store::open(directory.path(), Limits::default()).unwrap();
}

#[tokio::test]
async fn files_that_sqlite_left_behind_go() {
    let directory = tempfile::tempdir().unwrap();
    store_with(directory.path(), eager(), 1..=2).await.close();
    for number in [1, 2] {
        std::fs::write(file(directory.path(), number, "sqlite-shm"), [0; 32 << 10]).unwrap();
    }
    let store = store_with(directory.path(), eager(), 3..=3).await;
    assert_eq!(found(&store, 1..=3), [1, 2, 3]);
    store.close();
    drop(store);
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let name = entry.unwrap().file_name();
        let name = name.to_str().unwrap();
        assert!([".sqlite", ".rows", ".index"].iter().any(|end| name.ends_with(end)), "{name}");
    }
}

#[tokio::test]
async fn segments_of_the_layout_before_are_read_and_not_written() {
    let directory = tempfile::tempdir().unwrap();
    store_with(directory.path(), Limits::default(), 1..=5).await.close();
    let old = rusqlite::Connection::open(file(directory.path(), 1, "sqlite")).unwrap();
    old.execute_batch(
        "ALTER TABLE parts DROP COLUMN head_crc; ALTER TABLE parts DROP COLUMN crc;
         DELETE FROM meta WHERE key = 'rows'; PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(old);
    std::fs::remove_file(file(directory.path(), 1, "rows")).unwrap();
    let store = store_with(directory.path(), Limits::default(), 6..=6).await;
    assert_eq!(found(&store, 1..=6), [1, 2, 3, 4, 5, 6]);
    assert_eq!(store.status().problems(), [""; 0]);
    assert!(file(directory.path(), 2, "sqlite").exists(), "what is new has a segment of its own");
}
