//! The switch between the reader's clock and Greenwich's, beside times of day.

use super::element::{El, button};
use std::rc::Rc;
use web_sys::MouseEvent;

/// A switch that says whose clock is read, `is_utc` or the reader's own; `switch` changes it.
pub fn zone_switch(is_utc: impl Fn() -> bool + 'static, switch: impl Fn() + 'static) -> El {
    let is_utc = Rc::new(is_utc);
    let told = is_utc.clone();
    let title = move || {
        if told() {
            "UTC: show times of day on this computer's clock"
        } else {
            "local time: show times of day in UTC"
        }
    };
    button("zone")
        .test("zone")
        .live_attr("title", title.clone())
        .live_attr("aria-label", title)
        .on("click", move |_: MouseEvent| switch())
        .live_text(move || if is_utc() { "UTC" } else { "local time" })
}
