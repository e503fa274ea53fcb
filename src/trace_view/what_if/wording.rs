//! What is tried out and what came of it, in words.

use super::load::WhatIfResult;
use crate::route::WhatIf;
use spandrel_trace::model::Outline;
use spandrel_trace::units::{count, display_name, duration, percent};

/// The spans that a change is for: the first one's service and operation, and how many they are.
pub fn named(outline: &Outline, what_if: Option<&WhatIf>, tried: Option<&WhatIfResult>) -> String {
    let Some(what_if) = what_if else { return String::new() };
    let Some(first) = what_if.spans.iter().find_map(|id| outline.find(*id)) else { return String::new() };
    let name = match (outline.service_of(first), outline.name_of(first)) {
        ("", name) => display_name(name).to_owned(),
        (service, name) => format!("{}: {}", display_name(service), display_name(name)),
    };
    match tried {
        Some(WhatIfResult::Done(result)) if result.spans > 1 => {
            format!("{name} (× {})", count(u64::from(result.spans)))
        }
        _ => name,
    }
}

/// The new duration beside the old one.
pub fn result(tried: &WhatIfResult) -> String {
    let (was, is) = match tried {
        WhatIfResult::Done(result) => (result.was.duration, result.is.duration),
        WhatIfResult::Absent => return "This trace does not contain these spans.".to_owned(),
        WhatIfResult::Failed(why) => return format!("Couldn't simulate the trace: {why}"),
    };
    let share = |part: u64| percent(part as f64 / was.max(1) as f64);
    match is {
        _ if is < was => {
            format!("{} instead of {} (−{})", duration(is), duration(was), share(was - is))
        }
        _ if is > was => {
            format!("{} instead of {} (+{})", duration(is), duration(was), share(is - was))
        }
        _ => format!("No change: the trace still takes {}", duration(was)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spandrel_trace::analysis::what_if::{ScenarioPath, ScenarioResult};
    use std::sync::Arc;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_new_duration_stands_beside_the_old_one() {
        let tried = |is: u64| {
            let path = |duration| ScenarioPath { duration, parts: Vec::new() };
            let (was, is) = (path(19_000_000), path(is));
            result(&WhatIfResult::Done(Arc::new(ScenarioResult { was, is, ..ScenarioResult::default() })))
        };
        assert_eq!(tried(12_000_000), "12 ms instead of 19 ms (−37 %)");
        assert_eq!(tried(38_000_000), "38 ms instead of 19 ms (+100 %)");
        assert_eq!(tried(19_000_000), "No change: the trace still takes 19 ms");
    }
}
