//! Ships a few records to Grafana Loki.
//!
//! `LOKI_URL=http://127.0.0.1:3100 cargo run -p spandrel-logship --example loki`

#![allow(clippy::print_stdout, reason = "the report is for who runs it")]

use spandrel_logship::{Handler, Record, ServiceType, Severity};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let handler = Handler::builder(ServiceType::Grafana)
        .api_url(std::env::var("LOKI_URL").unwrap_or_else(|_| "http://127.0.0.1:3100".to_owned()))
        .label("region", "local")
        .service("example")
        .environment("development")
        .keys_from_env()
        .build()?;
    handler.info("started");
    handler.emit(Record::new(Severity::Warning, "an order is late").with("order", 17));
    let report = handler.close();
    println!(
        "sent {}, unsent {}, last error {:?}",
        report.stats.sent, report.unsent, report.stats.last_error
    );
    Ok(())
}
