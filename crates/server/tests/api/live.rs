//! `/api/live`: summaries as traces arrive.

use crate::support::{Server, command, metric, request, send, span, text};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A page that watches.
pub struct Page {
    lines: BufReader<TcpStream>,
}

impl Page {
    fn open(server: &Server, query: &str) -> Self {
        Page::open_with(server, query, "")
    }

    /// With lines of further headers, each ended.
    pub fn open_with(server: &Server, query: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(&server.viewer).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        write!(
            stream,
            "GET /api/live?{query} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n{headers}\r\n"
        )
        .unwrap();
        let mut page = Page { lines: BufReader::new(stream) };
        let head: Vec<String> =
            std::iter::from_fn(|| Some(page.line()).filter(|line| !line.is_empty())).collect();
        assert!(head[0].starts_with("HTTP/1.1 200"), "{head:?}");
        assert!(head.iter().any(|line| line == "content-type: text/event-stream"), "{head:?}");
        page
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The next event and its data; none where the answer ends. Lines that keep the connection open are no events, and are
    /// not waited for without end.
    fn event(&mut self) -> Option<(String, Value)> {
        let mut name = String::new();
        let mut empty = 0;
        let until = Instant::now() + Duration::from_secs(120);
        while empty < 100 {
            assert!(Instant::now() < until, "no event within two minutes");
            let line = self.line();
            empty = if line.is_empty() { empty + 1 } else { 0 };
            if let Some(event) = line.strip_prefix("event: ") {
                name = event.to_owned();
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return Some((name, serde_json::from_str(data).unwrap()));
            }
        }
        None
    }

    /// Summaries of the next event as (root's name, spans).
    pub fn summaries(&mut self) -> Vec<(String, u64)> {
        let (name, data) = self.event().unwrap();
        assert_eq!(name, "summaries", "{data}");
        let summaries = data["summaries"].as_array().unwrap().iter();
        let read = |summary: &Value| {
            (
                summary["rootOperationName"].as_str().unwrap().to_owned(),
                summary["spanCount"].as_u64().unwrap(),
            )
        };
        summaries.map(read).collect()
    }
}

fn wait_until(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn summaries_come_as_traces_arrive_and_again_as_they_grow() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    assert_eq!(server.export(&request("shop", vec![span(1, 1, "before")])).status, 200);
    let mut all = Page::open(&server, "");
    let mut teas = Page::open(&server, "query.service_name=shop&query.attributes=%7B%22item%22:%22tea%22%7D");
    assert_eq!(metric(&server, "spandrel_live_pages"), 2);
    let mut tea = span(2, 1, "buy");
    tea.attributes = vec![text("item", "tea")];
    assert_eq!(server.export(&request("shop", vec![tea])).status, 200);
    assert_eq!(all.summaries(), [("buy".to_owned(), 1)]);
    assert_eq!(teas.summaries(), [("buy".to_owned(), 1)]);
    let mut late = span(2, 2, "late");
    late.parent_span_id = 1u64.to_be_bytes().to_vec();
    assert_eq!(server.export(&request("stock", vec![late])).status, 200);
    assert_eq!(all.summaries(), [("buy".to_owned(), 2)]);
    assert_eq!(teas.summaries(), [("buy".to_owned(), 2)], "a trace of which another span matched before");
    assert_eq!(server.export(&request("shop", vec![span(3, 1, "coffee")])).status, 200);
    assert_eq!(all.summaries(), [("coffee".to_owned(), 1)]);
    drop((all, teas));
    wait_until("nobody watches", || metric(&server, "spandrel_live_pages") == 0);
    let refused = server.get("/api/live?query.durationMin=fast");
    assert_eq!(refused.status, 400, "{}", refused.text());
}

#[test]
fn more_than_can_be_told_is_counted() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let mut page = Page::open(&server, "");
    let spans = (1..=700).map(|trace| span(trace, 1, "many")).collect();
    assert_eq!(server.export(&request("busy", spans)).status, 200);
    let (mut told, mut skipped) = (0, 0);
    while told + skipped < 700 {
        let (_, data) = page.event().unwrap();
        let summaries = data["summaries"].as_array().unwrap().len() as u64;
        assert!(summaries <= 100, "{summaries} at once");
        told += summaries;
        skipped += data["skipped"].as_u64().unwrap();
    }
    assert_eq!(told + skipped, 700);
}

#[test]
fn pages_are_bounded_and_end_with_the_server() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let mut pages: Vec<Page> = (0..64).map(|_| Page::open(&server, "")).collect();
    let refused = server.get("/api/live");
    assert_eq!((refused.status, refused.header("retry-after")), (503, "10"), "{}", refused.text());
    assert_eq!(server.export(&request("shop", vec![span(1, 1, "x")])).status, 200);
    pages.iter_mut().for_each(|page| assert_eq!(page.summaries().len(), 1));
    let start = Instant::now();
    assert!(server.terminate());
    assert!(start.elapsed() < Duration::from_secs(3), "it took {:?}", start.elapsed());
    let (name, data) = pages[0].event().unwrap();
    assert_eq!((name.as_str(), data["reason"].as_str()), ("end", Some("the server stops")));
}

#[test]
fn a_token_that_may_not_read_watches_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = command(directory.path(), &[]);
    command.args(["--token", "secret"]);
    let server = Server::of(command);
    assert_eq!(server.get("/api/live").status, 401);
    let foreign = [("authorization", "Bearer secret"), ("sec-fetch-site", "cross-site")];
    assert_eq!(send(&server.viewer, "GET", "/api/live", &foreign, b"").status, 403);
}
