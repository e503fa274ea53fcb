//! Which colour slot each service of a trace takes.

use crate::signal::RwSignal;
use spandrel_trace::model::Outline;
use std::sync::Arc;

/// Colour slots by string index; others when the trace was read again.
pub type Slots = RwSignal<Arc<Vec<u8>>>;

/// Slots by string index of the service's name; strings that are no service's name have slot 0. `assign` gives
/// the slots of services that are seen together.
pub fn slots_of(outline: &Outline, assign: impl Fn(&[&str]) -> Vec<u8>) -> Vec<u8> {
    let mut is_service = vec![false; outline.strings.len()];
    for service in &outline.service {
        if let Some(seen) = is_service.get_mut(*service as usize) {
            *seen = true;
        }
    }
    let services: Vec<usize> = (0..is_service.len()).filter(|index| is_service[*index]).collect();
    let names: Vec<&str> = services.iter().map(|index| outline.strings.get(*index as u32)).collect();
    let mut by_string = vec![0; outline.strings.len()];
    for (index, slot) in services.iter().zip(assign(&names)) {
        by_string[*index] = slot;
    }
    by_string
}
