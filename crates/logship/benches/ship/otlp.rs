//! The log pipeline of the OpenTelemetry SDK, which most Rust programs would use instead: its batch processor and its OTLP
//! exporter over HTTP.

use crate::{CAPACITY, TOGETHER};
use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry_otlp::{LogExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{
    BatchConfigBuilder, BatchLogProcessor, LogBatch, LogExporter as Export, SdkLogger, SdkLoggerProvider,
};
use spandrel_logship::Record;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A provider with one batch processor, whose queue and batches are as long as ours.
pub struct Pipeline {
    provider: SdkLoggerProvider,
    sent: Arc<AtomicU64>,
}

/// Counts what was taken.
#[derive(Debug)]
struct Counting {
    exporter: LogExporter,
    sent: Arc<AtomicU64>,
}

impl Export for Counting {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let count = batch.iter().count() as u64;
        self.exporter.export(batch).await?;
        self.sent.fetch_add(count, Ordering::Relaxed);
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl Pipeline {
    pub fn new(url: &str) -> Result<Self, Box<dyn Error>> {
        let exporter = LogExporter::builder().with_http().with_endpoint(url).build()?;
        let sent = Arc::new(AtomicU64::new(0));
        let batches =
            BatchConfigBuilder::default().with_max_queue_size(CAPACITY).with_max_export_batch_size(TOGETHER);
        let counting = Counting { exporter, sent: Arc::clone(&sent) };
        let processor = BatchLogProcessor::builder(counting).with_batch_config(batches.build()).build();
        let provider = SdkLoggerProvider::builder().with_log_processor(processor).build();
        Ok(Pipeline { provider, sent })
    }

    pub fn logger(&self) -> SdkLogger {
        self.provider.logger("ship")
    }

    /// Waits until all that was emitted is sent.
    pub fn flush(&self) -> Result<(), Box<dyn Error>> {
        Ok(self.provider.force_flush()?)
    }

    /// Ends it; what was shipped.
    pub fn close(self) -> Result<u64, Box<dyn Error>> {
        self.provider.shutdown_with_timeout(Duration::from_secs(60))?;
        Ok(self.sent.load(Ordering::Relaxed))
    }
}

/// Emits the record with its text, severity and attributes.
pub fn emit(logger: &SdkLogger, record: Record) {
    let mut log = logger.create_log_record();
    log.set_severity_number(Severity::Info);
    log.set_severity_text("INFO");
    log.set_body(AnyValue::String(record.message.into()));
    for (key, value) in record.attributes {
        let value = match value.as_i64() {
            Some(number) => AnyValue::Int(number),
            None => AnyValue::String(value.to_string().into()),
        };
        log.add_attribute(key, value);
    }
    logger.emit(log);
}
