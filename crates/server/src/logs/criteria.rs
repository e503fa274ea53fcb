//! What a query of logs asks for.

/// Which lines are asked for. Everything that is given must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogQuery {
    /// The trace.
    pub trace: Option<u128>,
    /// The span.
    pub span: Option<u64>,
    /// The services, one of which logged the line; of any where empty.
    pub services: Vec<String>,
    /// Only lines without a trace.
    pub untraced: bool,
    /// The earliest time, nanoseconds since the Unix epoch.
    pub from: Option<u64>,
    /// The latest time.
    pub to: Option<u64>,
    /// The least severity number; 0 for any.
    pub severity: u8,
    /// Text in the body, in any case of ASCII letters.
    pub text: Option<String>,
    /// The most lines.
    pub limit: usize,
}
