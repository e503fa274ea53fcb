//! Parts of the program that are loaded when they are first needed, in a window and in a worker.
//!
//! With the feature `split`, `cargo xtask dist` takes what only a part needs out of the program (`wasm_split_cli_support`).
//! Without it, as under `trunk serve` and in tests, everything is in one program, and loading a part takes no time.

use futures_util::future::LocalBoxFuture;
use std::fmt;

/// A part could not be loaded: its file is gone, or the server is. The next attempt loads it anew. The browser's reason is
/// in the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartNotLoaded;

impl fmt::Display for PartNotLoaded {
    fn fmt(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
        form.write_str("A part of the program could not be loaded.")
    }
}

#[cfg(feature = "split")]
impl From<wasm_split_helpers::SplitLoaderError> for PartNotLoaded {
    fn from(_: wasm_split_helpers::SplitLoaderError) -> Self {
        PartNotLoaded
    }
}

/// Loads a part and gives a function of it.
pub type LoadPart<T> = LocalBoxFuture<'static, Result<T, PartNotLoaded>>;

/// Declares a function that loads the part `in PART` and gives a value of it: a function pointer, so that what it calls is in
/// that part alone. Several functions can be in one part.
///
/// ```ignore
/// part! {
///     /// Builds the demo page.
///     pub fn demo_page in demo -> fn() -> AnyView = || view! { <DemoPage/> }.into_any();
/// }
/// ```
macro_rules! part {
    ($(#[$meta:meta])* $vis:vis fn $name:ident in $part:ident -> $type:ty = $value:expr;) => {
        $(#[$meta])*
        $vis fn $name() -> $crate::io::part::LoadPart<$type> {
            #[cfg(feature = "split")]
            #[wasm_split_helpers::wasm_split($part, fallible)]
            fn $name() -> Result<$type, $crate::io::part::PartNotLoaded> {
                Ok($value)
            }
            #[cfg(not(feature = "split"))]
            async fn $name() -> Result<$type, $crate::io::part::PartNotLoaded> {
                Ok($value)
            }
            Box::pin($name())
        }
    };
}
pub(crate) use part;
