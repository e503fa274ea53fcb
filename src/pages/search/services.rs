//! The services of a trace as chips: as many as fit with readable names, the rest as a count.

use crate::ui::icon::Icon;
use leptos::prelude::*;
use spandrel_trace::model::ServiceCount;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Width of the character that names are estimated with, CSS pixels at the chips' font size.
const CHARACTER: f64 = 6.5;
/// Width of a chip without its texts: padding, dot and gaps, CSS pixels.
const CHIP: f64 = 36.0;
/// Width of an error's icon with its gap, CSS pixels.
const ERROR_ICON: f64 = 16.0;
/// Widest name, CSS pixels; the stylesheet shortens longer ones with an ellipsis.
const WIDEST_NAME: f64 = 130.0;
/// Gap between chips, CSS pixels.
const GAP: f64 = 4.0;
/// Width of the chip that counts the rest, CSS pixels.
const REST: f64 = 34.0;

/// Colour slots (0 to 19) by service name.
pub type ServiceSlots = Arc<BTreeMap<String, u8>>;

fn chip_width(service: &ServiceCount) -> f64 {
    let name = (service.name.chars().count() as f64 * CHARACTER).min(WIDEST_NAME);
    let digits = service.spans.to_string().len() as f64 * CHARACTER;
    CHIP + name + digits + if service.errors > 0 { ERROR_ICON } else { 0.0 }
}

/// Returns the indices of the services to show within `width` CSS pixels, in their order: those with errors are taken
/// first, then the largest that fit, and at least one is shown.
fn fitting(services: &[ServiceCount], width: f64) -> Vec<usize> {
    let mut by_importance: Vec<usize> = (0..services.len()).collect();
    by_importance.sort_by_key(|index| services[*index].errors == 0);
    let all: f64 = services.iter().map(|service| chip_width(service) + GAP).sum();
    let mut room = if all - GAP <= width { f64::INFINITY } else { width - REST };
    let mut shown = Vec::new();
    for index in by_importance {
        let width = chip_width(&services[index]) + GAP;
        // Behind one that is too wide, a shorter one may fit.
        if room - width >= -GAP || shown.is_empty() {
            room -= width;
            shown.push(index);
        }
    }
    shown.sort_unstable();
    shown
}

/// Chips of the services of one trace.
#[component]
pub fn ServiceChips(
    /// The services, largest first.
    services: Vec<ServiceCount>,
    /// Their colours.
    slots: ServiceSlots,
    /// Available width, CSS pixels.
    width: f64,
) -> impl IntoView {
    let shown = fitting(&services, width);
    let rest: Vec<&str> = (0..services.len())
        .filter(|index| !shown.contains(index))
        .map(|index| services[index].name.as_str())
        .collect();
    let rest = (!rest.is_empty()).then(|| {
        view! {
            <span class="chip result__more" title=rest.join(", ")>
                {format!("+{}", rest.len())}
            </span>
        }
    });
    let chips = shown.iter().map(|index| {
        let ServiceCount { name, spans, errors } = services[*index].clone();
        let slot = slots.get(&name).map_or(0, |slot| usize::from(*slot) + 1);
        let title = match errors {
            0 => format!("{name}: {spans} spans"),
            1 => format!("{name}: {spans} spans, 1 error"),
            errors => format!("{name}: {spans} spans, {errors} errors"),
        };
        let mark = (errors > 0).then(|| {
            view! {
                <Icon name="error" size=11/>
                <span class="unseen">"with errors"</span>
            }
        });
        view! {
            <span class="chip" class:chip--error=errors != 0 title=title data-slot=slot>
                <span class="dot"></span>
                <bdi class="result__chip-name">{name}</bdi>
                <span>{spans}</span>
                {mark}
            </span>
        }
    });
    view! { <span class="result__chips">{chips.collect_view()} {rest}</span> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn service(name: &str, errors: u32) -> ServiceCount {
        ServiceCount { name: name.into(), spans: 3, errors }
    }

    #[test]
    fn chips_fold_before_their_names_become_unreadable() {
        let names = ["frontend", "checkout", "inventory", "payment", "shipping"];
        let services: Vec<_> =
            names.iter().map(|name| service(name, u32::from(*name == "payment"))).collect();
        assert_eq!(fitting(&services, 2_000.0), [0, 1, 2, 3, 4]);
        for width in [150.0, 250.0, 350.0] {
            let shown = fitting(&services, width);
            assert!(shown.contains(&3), "errors are never folded away first: {shown:?}");
            let taken: f64 = shown.iter().map(|index| chip_width(&services[*index]) + GAP).sum();
            assert!(taken + REST <= width + GAP || shown.len() == 1, "{width}: {shown:?} take {taken}");
        }
        assert_eq!(fitting(&services, 0.0), [3], "one is always shown");
        let uneven = [service("checkout", 0), service("a-very-long-name", 0), service("bank", 0)];
        assert_eq!(fitting(&uneven, 210.0), [0, 2], "a shorter one takes the room");
        assert_eq!(fitting(&services[..1], 0.0), [0]);
        assert!(fitting(&[], 100.0).is_empty());
    }
}
