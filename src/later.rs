//! What the program's second part holds.
//!
//! The shipped program comes in two parts: the first shows the search and a trace, the second holds whatever is asked for
//! after that. Where the first reaches into the second it says `later!`, and `cargo xtask dist` puts into the second part
//! what can be reached in no other way (`docs/adr/0016`). Whoever calls what it gives knows that the second part is
//! there: see `state::later` for the page, and `io::engine`, which hands it to the worker before any question that
//! needs it. A program in one piece, as developers and tests build it, has everything from the start.

/// A function whose code is in the second part: `later!(fn(span: SpanIx) -> View { … })`. It captures nothing.
#[macro_export]
macro_rules! later {
    (fn($($name:ident: $kind:ty),* $(,)?) -> $answer:ty $body:block) => {{
        // The name is what the splitter looks for. What is called through a pointer of which the compiler
        // knows nothing is neither put in line nor reached by other ways.
        #[inline(never)]
        fn comes_later($($name: $kind),*) -> $answer $body
        std::hint::black_box(comes_later as fn($($kind),*) -> $answer)
    }};
}
