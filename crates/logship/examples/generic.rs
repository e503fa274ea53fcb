//! Ships a few records to any endpoint that takes JSON.
//!
//! `LOGS_URL=http://127.0.0.1:4318/api/logs cargo run -p spandrel-logship --example generic`

#![allow(clippy::print_stdout, reason = "the report is for who runs it")]

use spandrel_logship::{Handler, Record, ServiceType, Severity};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let handler = Handler::builder(ServiceType::Generic)
        .api_url(std::env::var("LOGS_URL").unwrap_or_else(|_| "http://127.0.0.1:4318/api/logs".to_owned()))
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
