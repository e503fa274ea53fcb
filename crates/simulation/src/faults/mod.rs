//! Faults on demand: their names, and what each does to a trace.

mod catalogue;

pub use catalogue::FAULTS;

use serde::Serialize;

/// The baggage key that carries a fault, and the attribute that names it.
pub const BAGGAGE: &str = "demo.fault";
/// The header that orders one.
pub const HEADER: &str = "x-demo-fault";

/// What can be made to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The card network declines the payment.
    PaymentDeclined,
    /// Nothing listens where a service should.
    ServiceDown,
    /// A service answers after its caller has given up.
    Timeout,
    /// One query takes long.
    SlowDatabase,
    /// One query for each row.
    NPlusOne,
    /// Two queries in turn for each row.
    NPlusOneInterleaved,
    /// Calls one after the other that could run at the same time.
    SequentialCalls,
    /// One request made again and again.
    IdenticalCalls,
    /// Calls that fail and are repeated.
    RetryStorm,
    /// The cache has lost its entry.
    CacheCold,
    /// More queries at once than connections.
    PoolExhausted,
    /// The clock of one service is ahead.
    ClockSkew,
    /// The trace context is lost on the way to one service.
    BrokenPropagation,
    /// 5,000 spans of one parent.
    FanOut,
    /// A span that never ends.
    UnendedSpan,
    /// A request that holds much memory.
    MemoryPressure,
    /// Some calls are not sampled.
    UnsampledBranch,
}

/// A fault as it is listed.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct FaultFacts {
    /// The fault.
    #[serde(skip)]
    pub fault: Fault,
    /// Its name in headers, parameters and flags.
    pub name: &'static str,
    /// What happens, in a few words.
    pub title: &'static str,
    /// One sentence on what to look for in the trace.
    pub look_for: &'static str,
    /// The requests that show it, as method and path.
    pub request: &'static str,
    /// The rule of the advisor that names it; `None` where no rule does.
    pub rule: Option<&'static str>,
}

impl Fault {
    /// The fault of a name.
    ///
    /// # Errors
    /// A sentence that lists the known names.
    pub fn named(name: &str) -> Result<Self, String> {
        match FAULTS.iter().find(|facts| facts.name == name) {
            Some(facts) => Ok(facts.fault),
            None => {
                let names: Vec<&str> = FAULTS.iter().map(|facts| facts.name).collect();
                Err(format!("unknown fault `{name}`: known are {}", names.join(", ")))
            }
        }
    }

    /// Its name in headers, parameters and flags.
    #[must_use]
    pub fn name(self) -> &'static str {
        FAULTS.iter().find(|facts| facts.fault == self).map_or("", |facts| facts.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_listed_once_and_found_by_its_name() {
        for facts in FAULTS {
            assert_eq!(Fault::named(facts.name), Ok(facts.fault));
            assert_eq!(facts.fault.name(), facts.name);
            assert!(facts.look_for.ends_with('.'), "{}", facts.name);
        }
        assert!(Fault::named("gremlins").unwrap_err().contains("retry-storm"));
    }
}
