//! The store: what is found, after a restart too, what is deleted, what is refused; figures of a million lines.

use super::*;
use rusqlite::Connection;
use std::time::Instant;

const HOUR: u64 = 3_600_000_000_000;

fn line(time: u64, body: &str) -> LogLine {
    LogLine {
        time,
        severity: 9,
        service: "billing".to_owned(),
        body: body.to_owned(),
        attributes: "{}".to_owned(),
        resource: "{}".to_owned(),
        ..LogLine::default()
    }
}

fn open(directory: &Path, limits: LogLimits) -> LogStore {
    LogStore::open(directory, limits).unwrap()
}

fn bodies(store: &LogStore, query: LogQuery) -> Vec<String> {
    let query = LogQuery { limit: if query.limit == 0 { 100 } else { query.limit }, ..query };
    store.find(&query, || false).unwrap().into_iter().map(|line| line.body).collect()
}

#[tokio::test]
async fn lines_are_found_by_everything_and_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let lines = vec![
        LogLine { trace: Some(7), span: Some(1), ..line(2 * HOUR, "second of the trace") },
        LogLine {
            trace: Some(7),
            span: Some(2),
            severity: 17,
            ..line(HOUR, "first of the trace: 100% Übel_\"x\"")
        },
        LogLine { service: "other".to_owned(), ..line(3 * HOUR, "no trace") },
    ];
    let store = open(directory.path(), LogLimits::default());
    store.append(lines.clone()).await.unwrap();
    store.close();
    assert!(matches!(store.append(lines.clone()).await, Err(StoreError::Closed)));
    let store = open(directory.path(), LogLimits::default());
    let trace = LogQuery { trace: Some(7), ..LogQuery::default() };
    assert_eq!(bodies(&store, trace.clone()), [lines[1].body.as_str(), &lines[0].body]);
    assert_eq!(bodies(&store, LogQuery { span: Some(1), ..trace.clone() }), [lines[0].body.as_str()]);
    assert_eq!(
        bodies(&store, LogQuery { text: Some("SECOND".to_owned()), ..trace }),
        [lines[0].body.as_str()]
    );
    let whole = store.find(&LogQuery { trace: Some(7), limit: 1, ..LogQuery::default() }, || false).unwrap();
    assert_eq!(whole[0], lines[1], "nothing is lost");
    let all = LogQuery::default();
    assert_eq!(
        bodies(&store, all.clone()),
        [&lines[2].body, &lines[0].body, &lines[1].body].map(String::as_str)
    );
    let found = |query: LogQuery| bodies(&store, query).len();
    let of = |names: &[&str]| LogQuery {
        services: names.iter().map(|name| (*name).to_owned()).collect(),
        ..all.clone()
    };
    assert_eq!(
        (found(of(&["other"])), found(of(&["none"])), found(of(&["none", "other", "billing"]))),
        (1, 0, 3)
    );
    assert_eq!(found(LogQuery { untraced: true, ..all.clone() }), 1);
    assert_eq!(found(LogQuery { untraced: true, ..of(&["billing"]) }), 0);
    let traces = |text: &str, from: Option<u64>| {
        let query = LogQuery { text: Some(text.to_owned()), from, ..LogQuery::default() };
        let mut found: Vec<u128> = store.traces(&query, || false).unwrap().into_iter().collect();
        found.sort_unstable();
        found
    };
    assert_eq!(traces("TRACE", None), [7], "a line without a trace leads to none");
    assert_eq!(traces("second", None), [7]);
    assert_eq!(traces("trace", Some(2 * HOUR)), [7]);
    assert_eq!(traces("absent", None), [0_u128; 0]);
    assert!(matches!(store.traces(&LogQuery::default(), || true), Err(StoreError::Stopped)));
    assert_eq!(found(LogQuery { severity: 13, ..all.clone() }), 1);
    assert_eq!(found(LogQuery { from: Some(HOUR + 1), to: Some(2 * HOUR), ..all.clone() }), 1);
    for (text, count) in [
        ("trace", 3),
        ("TRACE:", 1),
        ("100%", 1),
        ("1%0", 0),
        ("_\"x\"", 1),
        ("e", 3),
        ("bel", 1),
        ("Übel", 1),
        ("absent", 0),
    ] {
        assert_eq!(found(LogQuery { text: Some(text.to_owned()), ..all.clone() }), count, "{text}");
        let of_hour =
            LogQuery { text: Some(text.to_owned()), from: Some(HOUR), to: Some(9 * HOUR), ..all.clone() };
        assert_eq!(found(of_hour), count, "{text}");
    }
    let late = LogQuery { text: Some("trace".to_owned()), from: Some(20 * HOUR), ..all };
    assert_eq!(found(late), 0);
    assert!(matches!(store.find(&LogQuery::default(), || true), Err(StoreError::Stopped)));
}

#[tokio::test]
async fn the_oldest_files_go_when_the_room_is_used_up_and_without_retention_nothing_more_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let limits = LogLimits { segment_bytes: 200 << 10, max_disk: Some(1 << 20), ..LogLimits::default() };
    let store = open(directory.path(), limits);
    let noise = |seed: u64| {
        (0..40).fold(String::new(), |text, n| {
            format!("{text}{:x}", (seed * 31 + n).wrapping_mul(0x9e37_79b9_7f4a_7c15))
        })
    };
    for batch in 0..60_u64 {
        store
            .append((0..50).map(|n| line(batch * 50 + n + 1, &noise(batch * 50 + n))).collect())
            .await
            .unwrap();
    }
    let status = store.status();
    // The file that is written may grow by one commit beyond the limit.
    assert!(status.bytes < (1 << 20) + (600 << 10) && status.segments > 1, "{status:?}");
    let kept = bodies(&store, LogQuery { limit: 10_000, ..LogQuery::default() });
    assert_eq!(kept[0], noise(2999), "the latest is kept");
    assert!(kept.len() < 3000);
    store.close();
    let store = open(directory.path(), LogLimits { retention: None, max_disk: Some(100 << 10), ..limits });
    assert!(matches!(store.append(vec![line(1, "x")]).await, Err(StoreError::Full(_))));
    assert!(store.status().failing);
    assert_eq!(
        bodies(&store, LogQuery { limit: 10_000, ..LogQuery::default() }),
        kept,
        "nothing was deleted"
    );
}

#[tokio::test]
async fn files_past_their_time_are_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), LogLimits::default());
    store.append(vec![line(1, "old")]).await.unwrap();
    store.close();
    let path = super::super::segment::path_of(directory.path(), 1);
    Connection::open(&path).unwrap().execute("UPDATE segment SET created = 1000", []).unwrap();
    let store = open(directory.path(), LogLimits::default());
    store.append(vec![line(2, "new")]).await.unwrap();
    assert_eq!(bodies(&store, LogQuery::default()), ["new"]);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_later_layout_is_refused_and_a_damaged_file_is_left_out_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), LogLimits::default());
    store.append(vec![line(1, "kept")]).await.unwrap();
    store.close();
    let damaged = super::super::segment::path_of(directory.path(), 2);
    std::fs::write(&damaged, [7; 5000]).unwrap();
    let store = open(directory.path(), LogLimits::default());
    store.append(vec![line(2, "more")]).await.unwrap();
    assert_eq!(bodies(&store, LogQuery::default()), ["more", "kept"]);
    assert_eq!(store.status().damaged, 1);
    store.close();
    assert_eq!(std::fs::read(&damaged).unwrap(), [7; 5000]);
    std::fs::remove_file(&damaged).unwrap();
    let later = super::super::segment::path_of(directory.path(), 3);
    Connection::open(&later).unwrap().pragma_update(None, "user_version", 2).unwrap();
    let refused = LogStore::open(directory.path(), LogLimits::default());
    assert!(matches!(refused, Err(StoreError::Layout { version: 2, .. })));
}

#[tokio::test]
async fn a_file_that_is_removed_is_given_up_and_said() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), LogLimits::default());
    store.append(vec![line(1, "lost")]).await.unwrap();
    std::fs::remove_file(super::super::segment::path_of(directory.path(), 1)).unwrap();
    store.append(vec![line(2, "kept")]).await.unwrap();
    assert_eq!(bodies(&store, LogQuery::default()), ["kept"]);
    assert_eq!(store.status().problems(), ["1 log files were removed while they were written"]);
    store.close();
    let store = open(directory.path(), LogLimits::default());
    assert_eq!(bodies(&store, LogQuery::default()), ["kept"]);
    std::fs::remove_dir_all(directory.path()).unwrap();
    assert!(
        store.append(vec![line(3, "refused")]).await.is_err(),
        "nothing is acknowledged that would be lost"
    );
    assert!(store.status().failing);
}

/// Prints how long it takes in a store of a million lines of a day, or of as many as `SPANDREL_TEST_LINES` says.
#[tokio::test]
async fn a_large_store_answers_by_trace_and_by_text() {
    let lines: u64 =
        std::env::var("SPANDREL_TEST_LINES").ok().and_then(|lines| lines.parse().ok()).unwrap_or(20_000);
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), LogLimits::default());
    let start = Instant::now();
    let step = 24 * HOUR / lines;
    for batch in 0..lines / 5000 {
        let made = (batch * 5000..(batch + 1) * 5000).map(|n| LogLine {
            trace: Some(u128::from(n / 20 + 1)),
            span: Some(n),
            ..line(
                n * step,
                &format!(
                    "order {n} of customer {} was paid by card {}",
                    n % 977,
                    n.wrapping_mul(0x9e37_79b9)
                ),
            )
        });
        store.append(made.collect()).await.unwrap();
    }
    let wrote = start.elapsed();
    let time = |query: LogQuery| {
        let start = Instant::now();
        let found = store.find(&query, || false).unwrap().len();
        (found, start.elapsed())
    };
    let trace = |id: u64| LogQuery { trace: Some(id.into()), limit: 1000, ..LogQuery::default() };
    time(trace(1));
    let (found, by_trace) = time(trace(lines / 40));
    assert_eq!(found, 20);
    let hour = |text: &str| LogQuery {
        text: Some(text.to_owned()),
        from: Some(10 * HOUR),
        to: Some(11 * HOUR),
        limit: 1000,
        ..LogQuery::default()
    };
    let (rare, by_rare) = time(hour("customer 123 "));
    let (common, by_common) = time(hour("paid by"));
    let (_, by_absent) = time(hour("refunded"));
    assert!(rare > 0 && common >= rare);
    println!(
        "{lines} lines in {wrote:?}, {} MiB in {} files; a trace {by_trace:?}; an hour by text: rare {by_rare:?}, \
         common {by_common:?}, absent {by_absent:?}",
        store.status().bytes >> 20,
        store.status().segments
    );
}
