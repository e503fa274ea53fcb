//! Matches client spans with server spans.

use crate::model::{Outline, SpanIx, SpanKind};

/// The server span of a client span: its first child of kind server, as in Jaeger.
pub fn server_of(outline: &Outline, span: SpanIx) -> Option<SpanIx> {
    if outline.kind[span as usize] != SpanKind::Client {
        return None;
    }
    outline.children(span).find(|child| outline.kind[*child as usize] == SpanKind::Server)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::trace;

    #[test]
    fn a_clients_first_server_answered_it() {
        let trace = trace(
            "
            a: call (client)     [=========]
              a: resolve          [=]
              b: answer (server)    [====]
                c: deeper (server)   [=]
              b: retry (server)           [=]
            a: local (internal)           [====]
              b: no call (server)          [==]
            ",
        );
        let outline = trace.outline();
        let servers: Vec<_> = (0..7).map(|span| server_of(outline, span)).collect();
        assert_eq!(servers, [Some(2), None, None, None, None, None, None]);
    }
}
