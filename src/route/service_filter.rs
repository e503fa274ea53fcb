//! Jaeger's `svcFilter`: visible services of a trace, as a checksum of their names and a bit mask.
//!
//! `<checksum>.<mask>`, both hexadecimal. Names are sorted by UTF-16 units. The checksum is over the names separated
//! by NUL, with 16 bits of state: xor with the unit, then times 257, starting with 0x811c. Bit `i` of the mask is set
//! if service `i` is visible; masks may be of any length.

/// The meaning of a filter for a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceFilter {
    /// No filter, or it hides nothing or everything.
    Nothing,
    /// It was made for other services, so its bits are meaningless.
    Stale,
    /// The hidden services.
    Hides(Vec<String>),
}

impl ServiceFilter {
    /// Parses a filter for a trace with `services`, in any order, without duplicates.
    pub fn read(text: &str, services: &[&str]) -> Self {
        let Some((checksum, mask)) = text.split_once('.') else { return ServiceFilter::Nothing };
        let is_hexadecimal = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
        if checksum.is_empty() || !is_hexadecimal(mask) {
            return ServiceFilter::Nothing;
        }
        let mut services: Vec<&str> = services.to_vec();
        services.sort_by(|one, other| one.encode_utf16().cmp(other.encode_utf16()));
        if checksum != format!("{:x}", sum(&services)) {
            return ServiceFilter::Stale;
        }
        let hidden: Vec<String> = services
            .iter()
            .enumerate()
            .filter(|(index, _)| !bit(mask, *index))
            .map(|(_, name)| (*name).to_owned())
            .collect();
        if hidden.is_empty() || hidden.len() == services.len() {
            return ServiceFilter::Nothing;
        }
        ServiceFilter::Hides(hidden)
    }
}

fn sum(sorted: &[&str]) -> u16 {
    let units = sorted.iter().enumerate().flat_map(|(index, name)| {
        let between = (index > 0).then_some(0);
        between.into_iter().chain(name.encode_utf16())
    });
    units.fold(0x811c, |state: u16, unit| (state ^ unit).wrapping_mul(0x0101))
}

/// Whether a bit of a hexadecimal number is set, counted from its last digit.
fn bit(mask: &str, index: usize) -> bool {
    let digit = mask.bytes().rev().nth(index / 4).and_then(|digit| char::from(digit).to_digit(16));
    digit.is_some_and(|digit| digit >> (index % 4) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const SERVICES: [&str; 4] = ["db", "api", "cache", "auth"];

    fn hides(names: &[&str]) -> ServiceFilter {
        ServiceFilter::Hides(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn the_checksum_is_jaegers() {
        // Each as Jaeger's own page computes it.
        assert_eq!(format!("{:x}", sum(&["api", "auth", "cache", "db"])), "7d06");
        assert_eq!(format!("{:x}", sum(&["frontend"])), "9012");
        assert_eq!(format!("{:x}", sum(&["a€", "ü-service", "😀"])), "3f40");
        assert_eq!(format!("{:x}", sum(&[])), "811c");
    }

    #[test]
    fn a_bit_shows_the_service_at_its_place() {
        let read = |mask: &str| ServiceFilter::read(&format!("7d06.{mask}"), &SERVICES);
        assert_eq!(read("9"), hides(&["auth", "cache"]));
        assert_eq!(read("1"), hides(&["auth", "cache", "db"]));
        assert_eq!(read("F9"), hides(&["auth", "cache"]), "bits beyond the services say nothing");
        assert_eq!(read("f"), ServiceFilter::Nothing, "all are seen");
        assert_eq!(read("0"), ServiceFilter::Nothing, "none would be seen");
        assert_eq!(read("10"), ServiceFilter::Nothing, "none of these would be seen");
    }

    #[test]
    fn more_services_than_a_number_has_bits() {
        let names: Vec<String> = (0..300).map(|number| format!("service-{number:03}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mask = format!("1{}", "0".repeat(70));
        let ServiceFilter::Hides(hidden) = ServiceFilter::read(&format!("{:x}.{mask}", sum(&names)), &names)
        else {
            panic!("it hides all but one");
        };
        assert_eq!(hidden.len(), 299);
        assert!(!hidden.contains(&"service-280".to_owned()));
    }

    #[test]
    fn what_is_no_filter_hides_nothing_and_an_old_one_says_so() {
        for text in ["", "abcdef", ".ff", "7d06.", "7d06.xyz", "7d06.+9"] {
            assert_eq!(ServiceFilter::read(text, &SERVICES), ServiceFilter::Nothing, "{text}");
        }
        assert_eq!(ServiceFilter::read("ffff.9", &SERVICES), ServiceFilter::Stale);
    }
}
