//! The index within its memory: what is moved into files is found as before, and files that are damaged, missing or of
//! another segment are made again.

use super::*;
use crate::matching::Tag;
use crate::terms::{Filter, term};
use std::time::Duration;

const TRACES: u128 = 3000;

/// A budget that the index of the traces below exceeds several times.
fn small() -> Limits {
    Limits {
        segment_bytes: 200_000,
        index_bytes: 80_000,
        tick: Duration::from_millis(10),
        retention: None,
        ..Limits::default()
    }
}

/// A trace of one span that starts at second `trace`, of one of seven services, with an attribute of its own. Every
/// tenth has a second part, much later.
fn part(trace: u128, start: u128) -> Part {
    let mut part = Part::of(trace, trace.to_le_bytes().to_vec());
    part.add_operation(&format!("service-{}", trace % 7), &format!("operation-{}", trace % 70), 1);
    part.add_span(start as u64 * 1_000_000_000, start as u64 * 1_000_000_000 + 5, false);
    part.filter = Filter::of(&mut vec![term(b"number", trace.to_string().as_bytes())]);
    part
}

async fn fill(store: &Store) {
    for first in (1..=TRACES).step_by(60) {
        let traces = first..(first + 60).min(TRACES + 1);
        store.append(traces.map(|trace| part(trace, trace)).collect()).await.unwrap();
    }
    let late = (1..=TRACES).filter(|trace| trace % 10 == 0);
    store.append(late.map(|trace| part(trace, TRACES + trace)).collect()).await.unwrap();
}

fn window(from: u64, to: u64) -> Criteria {
    Criteria { start_from: from * 1_000_000_000, start_to: to * 1_000_000_000, ..Criteria::default() }
}

fn candidates(store: &Store, criteria: &Criteria) -> Vec<u128> {
    let found = candidates::Candidates::new(store.view(), criteria.clone(), || false);
    found.map(|candidate| candidate.unwrap().located.trace).collect()
}

/// What every kind of query finds.
fn answers(store: &Store) -> Vec<String> {
    let searches = [
        window(0, u64::from(u32::MAX)),
        window(100, 120),
        window(TRACES as u64 + 50, TRACES as u64 + 90),
        Criteria { service: Some("service-3".to_owned()), ..window(0, 10_000) },
        Criteria { operation: Some("operation-41".to_owned()), ..window(500, 2500) },
        Criteria { service: Some("service-8".to_owned()), ..window(0, 10_000) },
        Criteria { terms: vec![vec![term(b"number", b"777")]], ..window(0, 10_000) },
    ];
    let mut said: Vec<String> =
        searches.iter().map(|search| format!("{:?}", candidates(store, search))).collect();
    let mut between = store.between(100_000_000_000, 200_000_000_000).unwrap();
    between.sort_unstable();
    said.push(format!("{between:?}"));
    said.push(format!("{:?} {:?}", store.services().unwrap(), store.operations("service-5").unwrap()));
    said.push(format!("{:?}", &store.numbers()[..2]));
    for trace in (0..=TRACES + 1).step_by(7) {
        let stored = store.trace(trace).unwrap();
        said.push(format!("{trace} {:?}", stored.map(|stored| stored.weight())));
        assert_eq!(store.contains(trace).unwrap(), (1..=TRACES).contains(&trace));
    }
    said
}

/// Names the first answer that differs, not all of them.
#[track_caller]
fn compare(said: &[String], expected: &[String]) {
    for (number, (said, expected)) in said.iter().zip(expected).enumerate() {
        let start = |text: &str| text.chars().take(200).collect::<String>();
        assert!(said == expected, "answer {number}: {} instead of {}", start(said), start(expected));
    }
    assert_eq!(said.len(), expected.len());
}

async fn reference() -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), Limits { index_bytes: 1 << 30, ..small() }).unwrap();
    fill(&store).await;
    assert_eq!(store.index_files(), 0);
    let answers = answers(&store);
    assert_eq!(answers[1], format!("{:?}", (100..=120).rev().collect::<Vec<u128>>()));
    answers
}

#[tokio::test]
async fn an_index_beyond_its_memory_is_read_from_files_and_finds_the_same() {
    let expected = reference().await;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), small()).unwrap();
    fill(&store).await;
    damage_tests::eventually(|| store.index_memory() <= small().index_bytes);
    assert!(store.index_files() > 3, "{} files", store.index_files());
    compare(&answers(&store), &expected);
    store.close();
    drop(store);

    // Started again it reads the files, and as much into memory as fits.
    let again = Store::open(directory.path(), small()).unwrap();
    assert!(
        again.index_files() > 3 && again.index_memory() <= small().index_bytes,
        "{}",
        again.index_memory()
    );
    compare(&answers(&again), &expected);
    again.close();
    drop(again);
    let roomy = Store::open(directory.path(), Limits { index_bytes: 1 << 30, ..small() }).unwrap();
    assert_eq!(roomy.index_files(), 0, "all fits again");
    compare(&answers(&roomy), &expected);
}

#[tokio::test]
async fn index_files_that_are_damaged_or_missing_cost_time_and_no_answers() {
    let expected = reference().await;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), small()).unwrap();
    fill(&store).await;
    damage_tests::eventually(|| store.index_memory() <= small().index_bytes);
    let files = || {
        let all = std::fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().path());
        all.filter(|path| path.extension().is_some_and(|extension| extension == "index")).collect::<Vec<_>>()
    };
    assert!(files().len() > 3);
    // While it runs: every block and every directory, one after the other.
    for (number, path) in files().iter().enumerate() {
        let mut bytes = std::fs::read(path).unwrap();
        match number % 3 {
            0 => bytes[10] ^= 1,
            1 => (0..bytes.len() / 2).for_each(|at| bytes[at] ^= 0xff),
            _ => bytes.truncate(20),
        }
        std::fs::write(path, bytes).unwrap();
    }
    compare(&answers(&store), &expected);
    files().iter().step_by(2).for_each(|path| std::fs::remove_file(path).unwrap());
    compare(&answers(&store), &expected);
    store.close();
    drop(store);

    // At start: one belongs to another segment, one is whole, the others are damaged.
    let left = files();
    std::fs::copy(&left[0], directory.path().join("segment-00000009.index")).unwrap();
    std::fs::write(directory.path().join("segment-99999999.index"), b"of no segment").unwrap();
    std::fs::write(directory.path().join("segment-00000001.index.new"), b"not finished").unwrap();
    let again = Store::open(directory.path(), small()).unwrap();
    compare(&answers(&again), &expected);
    assert_eq!(again.status().problems(), [""; 0]);
    assert!(!directory.path().join("segment-99999999.index").exists());
    assert!(!directory.path().join("segment-00000001.index.new").exists());
}

#[tokio::test]
async fn an_index_file_from_before_a_segment_was_written_on_is_not_believed() {
    let directory = tempfile::tempdir().unwrap();
    // No memory at all: every segment is closed after each commit, and its index moved.
    let none = Limits { index_bytes: 0, ..small() };
    let keep = async |trace: u128, limits: Limits| {
        let store = Store::open(directory.path(), limits).unwrap();
        store.append(vec![part(trace, trace)]).await.unwrap();
        store.close();
    };
    let (segment, index) =
        (directory.path().join("segment-00000001.sqlite"), directory.path().join("segment-00000001.index"));
    keep(1, none).await;
    let (size, old) = (segment.metadata().unwrap().len(), std::fs::read(&index).unwrap());
    // Written on, and the server ends before its index is written again: as if a crash had kept the old file.
    keep(2, Limits { index_bytes: 1 << 20, ..small() }).await;
    assert_eq!(segment.metadata().unwrap().len(), size, "the row found reserved in the file");
    assert!(!index.exists(), "it went when the segment was opened for writing");
    std::fs::write(&index, old).unwrap();
    std::fs::copy(&segment, directory.path().join("segment-00000002.sqlite")).unwrap();
    let store = Store::open(directory.path(), none).unwrap();
    assert!(store.trace(1).unwrap().is_some() && store.trace(2).unwrap().is_some());
    assert_eq!(store.numbers(), [4, 4, 2], "both parts, also in the copy that is newest");
}

#[tokio::test]
async fn a_limit_that_fits_the_disk_is_looked_at_again() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits { max_disk: Some(1 << 20), follows_disk: true, ..small() };
    let store = Store::open(directory.path(), limits).unwrap();
    damage_tests::eventually(|| store.status().max_bytes > 1 << 20);
    let fixed = tempfile::tempdir().unwrap();
    let store = Store::open(fixed.path(), Limits { follows_disk: false, ..limits }).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(store.status().max_bytes, 1 << 20);
}

#[tokio::test]
async fn a_deleted_segment_takes_the_file_of_its_index_along() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits { max_disk: Some(1_000_000), retention: Some(Duration::from_secs(3600)), ..small() };
    let store = Store::open(directory.path(), limits).unwrap();
    for round in 0..6 {
        let traces = (1..=TRACES).step_by(100);
        for first in traces {
            let parts = (first..first + 100).map(|trace| part(trace + round * TRACES, trace)).collect();
            store.append(parts).await.unwrap();
        }
    }
    store.close();
    let names: Vec<String> = std::fs::read_dir(directory.path())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    let segments: Vec<&str> = names.iter().filter_map(|name| name.strip_suffix(".sqlite")).collect();
    let indexes: Vec<&str> = names.iter().filter_map(|name| name.strip_suffix(".index")).collect();
    assert!(!segments.contains(&"segment-00000001"), "the oldest was deleted: {names:?}");
    assert!(!indexes.is_empty() && indexes.iter().all(|index| segments.contains(index)), "{names:?}");
}

#[tokio::test]
async fn a_search_is_stopped_within_the_index() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), small()).unwrap();
    fill(&store).await;
    let tags = vec![Tag { key: "number".to_owned(), value: "none".to_owned() }];
    let mut search = store.search(window(0, 10_000), &tags, || true);
    assert!(matches!(search.next(), Some(Err(StoreError::Stopped))));
    assert!(search.next().is_none());
}

#[tokio::test]
async fn more_traces_than_are_kept_in_mind_come_in_order_and_once() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), Limits { retention: None, ..Limits::default() }).unwrap();
    // Ids that do not follow the order of starts; every third trace has its start elsewhere than its matching part.
    let starts: Vec<(u128, u64)> = (1..=40_000u64)
        .map(|n| (u128::from(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)), n * 7919 % 40_009))
        .collect();
    for some in starts.chunks(5000) {
        let parts = some.iter().map(|(trace, start)| {
            let mut part = Part::of(*trace, vec![1]);
            part.add_span(100_000 + start, 100_000 + start, false);
            part
        });
        store.append(parts.collect()).await.unwrap();
    }
    let early = starts.iter().step_by(3).map(|(trace, start)| {
        let mut part = Part::of(*trace, vec![2]);
        part.add_span(50_000 - start, 50_000, false);
        part
    });
    store.append(early.collect()).await.unwrap();
    let criteria = Criteria { start_from: 100_000, start_to: u64::MAX, ..Criteria::default() };
    let mut expected: Vec<(std::cmp::Reverse<u64>, u128)> = starts
        .iter()
        .enumerate()
        .map(|(at, (trace, start))| {
            let first = if at % 3 == 0 { 50_000 - start } else { 100_000 + start };
            (std::cmp::Reverse(first), *trace)
        })
        .collect();
    expected.sort_unstable();
    let expected: Vec<u128> = expected.into_iter().map(|(_, trace)| trace).collect();
    assert!(candidates(&store, &criteria) == expected, "all, in order, each once");
}

/// A writer that a search keeps from adding to the index makes every sender wait.
#[tokio::test(flavor = "multi_thread")]
async fn spans_are_taken_in_while_a_search_looks_at_the_index() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), Limits { retention: None, ..Limits::default() }).unwrap();
    fill(&store).await;
    let (asked, was_asked) = std::sync::mpsc::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
    let searching = std::thread::spawn({
        let store = store.clone();
        move || {
            let stop = move || {
                let _ = asked.send(());
                let _ = may_go_on.recv_timeout(Duration::from_secs(60));
                false
            };
            store.search(window(0, 10_000), &Vec::<Tag>::new(), stop).count()
        }
    });
    was_asked.recv().unwrap();
    let taken = tokio::time::timeout(Duration::from_secs(20), store.append(vec![part(5000, 1)])).await;
    assert!(taken.is_ok_and(|taken| taken.is_ok()), "the search is in the middle of the index");
    assert_eq!(store.services().unwrap().len(), 7);
    drop(go_on);
    assert!(searching.join().unwrap() > 0);
}
