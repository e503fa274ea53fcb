//! The `log` crate's records, shipped.

use crate::handler::Handler;
use crate::record::{Origin, Record, Severity};
use crate::shipper::is_sender;
use log::{Level, LevelFilter, Log, Metadata};

/// A `log::Log` that emits into a handler. `flush` sends what is in the buffer.
pub struct Logger {
    handler: Handler,
    level: LevelFilter,
}

impl Logger {
    /// A logger that takes records up to a level.
    pub fn new(handler: &Handler, level: LevelFilter) -> Self {
        Logger { handler: handler.clone(), level }
    }

    /// Makes it the program's logger.
    ///
    /// # Errors
    /// When there is one already.
    pub fn install(self) -> Result<(), log::SetLoggerError> {
        let level = self.level;
        log::set_boxed_logger(Box::new(self))?;
        log::set_max_level(level);
        Ok(())
    }
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= self.level && !is_sender()
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let severity = match record.level() {
            Level::Error => Severity::Error,
            Level::Warn => Severity::Warning,
            Level::Info => Severity::Info,
            Level::Debug => Severity::Debug,
            Level::Trace => Severity::Trace,
        };
        let mut shipped = Record::new(severity, record.args().to_string());
        shipped.origin = Origin {
            target: Some(record.target().to_owned()),
            file: record.file().map(str::to_owned),
            line: record.line(),
        };
        self.handler.emit(shipped);
    }

    fn flush(&self) {
        // `log` has no way to report a failure here; the handler counts it.
        let _ = self.handler.flush();
    }
}
