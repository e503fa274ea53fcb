//! How long `emit` takes from eight threads, how many records per second are shipped over loopback, and how much memory
//! the buffer takes; in the same run beside the log pipeline of the OpenTelemetry SDK, and beside the least that any
//! shipper does.
//!
//! `cargo bench -p spandrel-logship --bench ship -- [seconds] [records per second]`

#![allow(clippy::print_stdout, reason = "the figures are for who runs it")]

mod channel;
mod otlp;

use axum::http::StatusCode;
use channel::Channel;
use hdrhistogram::{CreationError, Histogram};
use otlp::Pipeline;
use spandrel_logship::{Handler, Record, ServiceType, Severity, WhenFull};
use std::error::Error;
use std::time::{Duration, Instant};

const THREADS: u64 = 8;
/// Records of the buffer and of the channel.
const CAPACITY: usize = 200_000;
/// Records of a request.
const TOGETHER: usize = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds `--bench`.
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let seconds: u64 = arguments.next().as_deref().unwrap_or("5").parse()?;
    let rate: u64 = arguments.next().as_deref().unwrap_or("100000").parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
    let url = format!("http://{}/logs", listener.local_addr()?);
    let take = |_: axum::body::Bytes| async { StatusCode::NO_CONTENT };
    let router = axum::Router::new()
        .route("/logs", axum::routing::post(take))
        .layer(axum::extract::DefaultBodyLimit::max(64 << 20));
    runtime.spawn(async move { axum::serve(listener, router).await });

    let time = Duration::from_secs(seconds);
    println!("emit at {rate} records/s from {THREADS} threads for {seconds} s (bar: p99 20 µs)");
    let handler = Handler::builder(ServiceType::Generic)
        .api_url(&url)
        .buffer_size(TOGETHER)
        .capacity(CAPACITY)
        .build()?;
    let before = memory();
    let emitter = handler.clone();
    let emitted = emit_all(time, rate, move |record| emitter.emit(record))?;
    let peak = memory().saturating_sub(before);
    let stats = handler.close().stats;
    println!(
        "  spandrel-logship: {}; shipped {} in {} requests, dropped {}, memory grew by {peak} MB",
        said(&emitted),
        stats.sent,
        stats.requests,
        stats.dropped()
    );
    let pipeline = Pipeline::new(&url)?;
    let logger = pipeline.logger();
    let emitted = emit_all(time, rate, move |record| otlp::emit(&logger, record))?;
    let sent = pipeline.close()?;
    let dropped = emitted.len().saturating_sub(sent);
    println!("  OpenTelemetry SDK: {}; shipped {sent}, dropped {dropped}", said(&emitted));
    let channel = Channel::new(&url)?;
    let sender = channel.records.clone();
    let emitted = emit_all(time, rate, move |record| sender.send(record))?;
    let (sent, dropped) = channel.close()?;
    println!("  channel and one task: {}; shipped {sent}, dropped {dropped}", said(&emitted));

    println!("as fast as it goes from one thread for {seconds} s (bar: 50,000 records/s)");
    let handler = Handler::builder(ServiceType::Generic)
        .api_url(&url)
        .buffer_size(TOGETHER)
        .when_full(WhenFull::Block)
        .build()?;
    let start = Instant::now();
    while start.elapsed() < time {
        (0..100).for_each(|number| handler.emit(record(number)));
    }
    let report = handler.close();
    let speed = report.stats.sent as f64 / start.elapsed().as_secs_f64();
    println!("  spandrel-logship: {speed:.0} records/s shipped, dropped {}", report.stats.dropped());
    let pipeline = Pipeline::new(&url)?;
    let logger = pipeline.logger();
    let start = Instant::now();
    while start.elapsed() < time {
        // Its queue drops what does not fit. What fits is sent while more is emitted.
        (0..CAPACITY as u64 / 2).for_each(|number| otlp::emit(&logger, record(number)));
        pipeline.flush()?;
    }
    let sent = pipeline.close()?;
    let sdk = sent as f64 / start.elapsed().as_secs_f64();
    println!("  OpenTelemetry SDK: {sdk:.0} records/s shipped");
    let channel = Channel::new(&url)?;
    let start = Instant::now();
    while start.elapsed() < time {
        for number in 0..100 {
            channel.records.send_waiting(record(number));
        }
    }
    let (sent, dropped) = channel.close()?;
    let floor = sent as f64 / start.elapsed().as_secs_f64();
    println!("  channel and one task: {floor:.0} records/s shipped, dropped {dropped}");
    println!(
        "  spandrel-logship is {:.2} × the OpenTelemetry SDK, {:.2} × the channel",
        speed / sdk,
        speed / floor
    );
    Ok(())
}

fn said(times: &Histogram<u64>) -> String {
    let at = |share| times.value_at_quantile(share) as f64 / 1e3;
    format!(
        "{} records, p50 {:.2} µs, p99 {:.2} µs, p99.9 {:.1} µs, longest {:.0} µs",
        times.len(),
        at(0.5),
        at(0.99),
        at(0.999),
        times.max() as f64 / 1e3
    )
}

fn record(number: u64) -> Record {
    Record::new(Severity::Info, format!("order {number} was accepted and paid by card")).with("order", number)
}

/// Resident memory of this process, MB; 0 where the system does not say.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Emits from all threads; how long each call took, nanoseconds.
fn emit_all(
    time: Duration,
    rate: u64,
    emit: impl Fn(Record) + Clone + Send + 'static,
) -> Result<Histogram<u64>, Box<dyn Error>> {
    let end = Instant::now() + time;
    let pause = Duration::from_nanos(1_000_000_000 * THREADS / rate.max(1));
    let start_one = |thread| {
        let emit = emit.clone();
        std::thread::spawn(move || emit_one(emit, thread, end, pause))
    };
    let threads: Vec<_> = (0..THREADS).map(start_one).collect();
    let mut all = Histogram::<u64>::new_with_bounds(1, 60_000_000_000, 3)?;
    for thread in threads {
        all.add(thread.join().map_err(|_| "a thread failed")??)?;
    }
    Ok(all)
}

/// Emits at a steady rate and measures each call.
fn emit_one(
    emit: impl Fn(Record),
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
        emit(record);
        histogram.saturating_record(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
        next += pause;
    }
    Ok(histogram)
}
