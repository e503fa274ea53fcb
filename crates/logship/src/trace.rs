//! A logger with a context of its own, as the `Trace` of a workflow's run.

use crate::context::Context;
use crate::handler::Handler;
use crate::record::{Origin, Record, Severity};
use std::error::Error;
use std::panic::Location;
use std::sync::Arc;

/// Emits records in a context. The async counterparts wait for room in the buffer without blocking the runtime where
/// the policy is [`WhenFull::Block`](crate::WhenFull::Block).
#[derive(Clone)]
pub struct Trace {
    handler: Handler,
    context: Arc<Context>,
}

impl Trace {
    /// A logger in the handler's context.
    pub fn new(handler: &Handler) -> Self {
        Trace { handler: handler.clone(), context: Arc::clone(handler.context()) }
    }

    /// A logger in a context that is derived from this one, such as one for a stage of the run.
    pub fn with(&self, change: impl FnOnce(&mut Context)) -> Self {
        let mut context = Context::clone(&self.context);
        change(&mut context);
        Trace { handler: self.handler.clone(), context: Arc::new(context) }
    }

    fn record(&self, severity: Severity, message: String, place: &Location<'_>) -> Record {
        let mut record = Record::new(severity, message);
        record.context = Some(Arc::clone(&self.context));
        record.origin =
            Origin { target: None, file: Some(place.file().to_owned()), line: Some(place.line()) };
        record
    }

    /// The record of an error: its text, its causes and its type.
    fn failure(&self, error: &dyn Error, place: &Location<'_>) -> Record {
        let mut causes = Vec::new();
        let mut cause = error.source();
        while let Some(why) = cause {
            causes.push(why.to_string());
            cause = why.source();
        }
        let record = self.record(Severity::Error, error.to_string(), place);
        let record = record.with("exception.message", error.to_string());
        if causes.is_empty() { record } else { record.with("exception.causes", causes) }
    }
}

/// The methods of the severities and their async counterparts.
macro_rules! severities {
    ($($name:ident $counterpart:ident $severity:ident)*) => {
        impl Trace {
            $(
                #[doc = concat!("Emits a text of severity ", stringify!($name), ".")]
                #[track_caller]
                pub fn $name(&self, message: impl Into<String>) {
                    self.handler.emit(self.record(Severity::$severity, message.into(), Location::caller()));
                }

                #[doc = concat!("The async counterpart of [`Trace::", stringify!($name), "`].")]
                #[track_caller]
                pub fn $counterpart(&self, message: impl Into<String>) -> impl Future<Output = ()> + Send + '_ {
                    let record = self.record(Severity::$severity, message.into(), Location::caller());
                    self.handler.emit_async(record)
                }
            )*
        }
    };
}

severities! {
    debug debug_async Debug
    info info_async Info
    warning warning_async Warning
    error error_async Error
}

impl Trace {
    /// Emits an error with its causes.
    #[track_caller]
    pub fn exception(&self, error: &dyn Error) {
        self.handler.emit(self.failure(error, Location::caller()));
    }

    /// The async counterpart of [`Trace::exception`].
    #[track_caller]
    pub fn exception_async(&self, error: &dyn Error) -> impl Future<Output = ()> + Send + '_ {
        let record = self.failure(error, Location::caller());
        self.handler.emit_async(record)
    }
}
