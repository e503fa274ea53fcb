//! Measures how long `emit` takes from eight threads and how many records per second are shipped over loopback.
//!
//! `cargo run -p spandrel-logship --example load -- [seconds] [records per second]`

#![allow(clippy::print_stdout, reason = "the figures are for who runs it")]

use axum::http::StatusCode;
use hdrhistogram::{CreationError, Histogram};
use spandrel_logship::{Handler, Record, ServiceType, Severity, WhenFull};
use std::error::Error;
use std::time::{Duration, Instant};

const THREADS: u64 = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let seconds: u64 = arguments.next().as_deref().unwrap_or("5").parse()?;
    let rate: u64 = arguments.next().as_deref().unwrap_or("100000").parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
    let url = format!("http://{}/logs", listener.local_addr()?);
    let take = |_: axum::body::Bytes| async { StatusCode::NO_CONTENT };
    let router = axum::Router::new()
        .route("/logs", axum::routing::post(take))
        .layer(axum::extract::DefaultBodyLimit::max(16 << 20));
    runtime.spawn(async move { axum::serve(listener, router).await });

    let handler = Handler::builder(ServiceType::Generic).api_url(&url).capacity(200_000_usize).build()?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let pause = Duration::from_nanos(1_000_000_000 * THREADS / rate.max(1));
    let start_one = |thread| {
        let handler = handler.clone();
        std::thread::spawn(move || emit(&handler, thread, end, pause))
    };
    let threads: Vec<_> = (0..THREADS).map(start_one).collect();
    let mut all = Histogram::<u64>::new_with_bounds(1, 60_000_000_000, 3)?;
    for thread in threads {
        all.add(thread.join().map_err(|_| "a thread failed")??)?;
    }
    let start = Instant::now();
    let stats = handler.close().stats;
    println!(
        "emit: {} records in {seconds} s from {THREADS} threads; p50 {} ns, p99 {} ns, p99.9 {} ns, longest {} us",
        all.len(),
        all.value_at_quantile(0.5),
        all.value_at_quantile(0.99),
        all.value_at_quantile(0.999),
        all.max() / 1000
    );
    println!(
        "shipped {} in {} requests, dropped {}, last {} ms after the end",
        stats.sent,
        stats.requests,
        stats.dropped(),
        start.elapsed().as_millis()
    );

    let handler = Handler::builder(ServiceType::Generic).api_url(&url).when_full(WhenFull::Block).build()?;
    let start = Instant::now();
    let mut count = 0_u64;
    while start.elapsed() < Duration::from_secs(seconds) {
        (0..100).for_each(|number| handler.emit(record(number)));
        count += 100;
    }
    let report = handler.close();
    let rate = report.stats.sent as f64 / start.elapsed().as_secs_f64();
    println!("shipped {} of {count} records as fast as it goes: {rate:.0} records/s", report.stats.sent);
    Ok(())
}

fn record(number: u64) -> Record {
    Record::new(Severity::Info, format!("order {number} was accepted and paid by card")).with("order", number)
}

/// Emits at a steady rate and measures each call, in nanoseconds.
fn emit(
    handler: &Handler,
    thread: u64,
    end: Instant,
    pause: Duration,
) -> Result<Histogram<u64>, CreationError> {
    let mut histogram = Histogram::<u64>::new_with_bounds(1, 60_000_000_000, 3)?;
    let mut next = Instant::now();
    while next < end {
        // A thread that slept for too long catches up.
        let now = Instant::now();
        if next > now {
            std::thread::sleep(next - now);
        }
        let record = record(thread);
        let start = Instant::now();
        handler.emit(record);
        histogram.saturating_record(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
        next += pause;
    }
    Ok(histogram)
}
