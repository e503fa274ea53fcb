//! Ships a few records to Datadog.
//!
//! `DD_API_KEY=… DD_SITE=datadoghq.eu cargo run -p spandrel-logship --example datadog`

#![allow(clippy::print_stdout, reason = "the report is for who runs it")]

use spandrel_logship::{Handler, Record, ServiceType, Severity};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let handler = Handler::builder(ServiceType::Datadog)
        .source("rust")
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
