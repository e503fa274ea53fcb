//! Assigns the twenty service colours.
//!
//! A service's preferred slot is a hash of its name, so that it has the same colour in every trace, page and browser.
//! On a collision within a trace the later service gets the next free slot.

/// Number of service colours (`--span-1` to `--span-20`).
pub const SLOTS: u8 = 20;

/// The preferred slot (0 to 19) of a name: 32-bit FNV-1a, xor-folded.
pub fn preferred(service: &str) -> u8 {
    let hash =
        service.bytes().fold(0x811c_9dc5u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    ((hash ^ hash >> 16) % u32::from(SLOTS)) as u8
}

/// Assigns slots to services that are shown together. `kept` returns the slot of a service that has one already;
/// those are assigned first, then the others by name. Beyond twenty services slots are shared.
pub fn slots(services: &[&str], kept: impl Fn(&str) -> Option<u8>) -> Vec<u8> {
    let kept: Vec<Option<u8>> = services.iter().map(|service| kept(service)).collect();
    let mut order: Vec<usize> = (0..services.len()).collect();
    order.sort_by_key(|index| (kept[*index].is_none(), services[*index]));
    let mut slots = vec![0; services.len()];
    let mut taken = [0usize; SLOTS as usize];
    let mut given: Vec<(&str, u8)> = Vec::with_capacity(services.len());
    for index in order {
        let service = services[index];
        if let Some((_, slot)) = given.last().filter(|(last, _)| *last == service) {
            slots[index] = *slot;
            continue;
        }
        let first = kept[index].unwrap_or_else(|| preferred(service)) % SLOTS;
        let fewest = taken.iter().min().copied().unwrap_or(0);
        let next = (0..SLOTS).map(|step| (first + step) % SLOTS).find(|slot| taken[*slot as usize] == fewest);
        let slot = next.unwrap_or(first);
        taken[slot as usize] += 1;
        given.push((service, slot));
        slots[index] = slot;
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_alone_has_the_colour_it_prefers() {
        for service in ["gateway", "order", "", "Überweisung"] {
            assert_eq!(slots(&[service], |_| None), [preferred(service)]);
            assert!(preferred(service) < SLOTS);
        }
    }

    #[test]
    fn twenty_services_have_twenty_colours() {
        let names: Vec<String> = (0..20).map(|number| format!("service-{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut distinct = slots(&names, |_| None);
        distinct.sort_unstable();
        assert_eq!(distinct, (0..20).collect::<Vec<u8>>());
        let mut reversed: Vec<&str> = names.clone();
        reversed.reverse();
        let mut colours = slots(&reversed, |_| None);
        colours.reverse();
        assert_eq!(colours, slots(&names, |_| None), "the order of the list does not matter");
    }

    #[test]
    fn what_was_kept_is_kept_and_beyond_twenty_colours_are_shared_evenly() {
        let kept = |service: &str| (service == "zulu").then_some(preferred("alpha"));
        let given = slots(&["alpha", "zulu", "zulu"], kept);
        assert_eq!((given[1], given[2]), (preferred("alpha"), preferred("alpha")));
        assert_ne!(given[0], given[1]);
        let names: Vec<String> = (0..50).map(|number| number.to_string()).collect();
        let many = slots(&names.iter().map(String::as_str).collect::<Vec<_>>(), |_| None);
        assert!(
            (0..SLOTS).all(|slot| (2..=3).contains(&many.iter().filter(|other| **other == slot).count()))
        );
    }
}
