//! Ships a few records to CloudWatch Logs.
//!
//! `AWS_REGION=eu-west-1 AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… cargo run -p spandrel-logship --example cloudwatch`

#![allow(clippy::print_stdout, reason = "the report is for who runs it")]

use spandrel_logship::{Handler, Record, ServiceType, Severity};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let handler = Handler::builder(ServiceType::CloudWatch)
        .log_group("/example/logs")
        .log_stream("main")
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
