//! Detects OTLP protobuf, which has no magic number.

use super::wire::Wire;

/// Whether the bytes, which start with a brace or a bracket, are the length of a request and the request itself, not JSON. The first
/// tag of a request is a line break, so its first field must also end where the request does, or where another one begins.
pub(in crate::format) fn has_length_as_brace(bytes: &[u8]) -> bool {
    let mut wire = Wire::new(bytes);
    let Ok(length @ 1..) = wire.varint() else { return false };
    let rest = wire.rest();
    let message = &rest[..rest.len().min(usize::try_from(length).unwrap_or(usize::MAX))];
    let mut wire = Wire::new(message);
    let (Ok(_), Ok(outer)) = (wire.tag(), wire.varint()) else { return false };
    let end = (wire.at() as u64).saturating_add(outer);
    let goes_on = || {
        let next = usize::try_from(end).ok().and_then(|end| message.get(end));
        end < length && next.is_none_or(|tag| *tag == 0x0a)
    };
    (end == length || goes_on()) && is_request(message)
}

/// Whether the bytes can be a request: `resource_spans` with a resource, scopes or a schema URL, with consistent
/// lengths.
pub(in crate::format) fn is_request(bytes: &[u8]) -> bool {
    let mut wire = Wire::new(bytes);
    let (Ok((1, 2)), Ok(outer)) = (wire.tag(), wire.varint()) else { return false };
    if outer == 0 {
        return wire.rest().first().is_none_or(|tag| *tag == 0x0a);
    }
    let end = (wire.at() as u64).saturating_add(outer);
    if wire.rest().is_empty() {
        return false;
    }
    let (Ok((field @ (1..=3 | 1000), 2)), Ok(inner)) = (wire.tag(), wire.varint()) else { return false };
    if (wire.at() as u64).saturating_add(inner) > end {
        return false;
    }
    // Scopes and schema URLs start with a byte that does not occur in text. A resource starts like an empty line, so
    // the lengths of its first attribute are checked, too.
    let end = (wire.at() as u64).saturating_add(inner);
    if field != 1 || inner == 0 || wire.rest().is_empty() {
        return true;
    }
    if wire.rest()[0] != 0x0a {
        return matches!(wire.rest()[0], 0x10 | 0x1a);
    }
    let mut wire = Wire::starting_at(bytes, wire.at() + 1);
    match wire.varint() {
        Ok(attribute) if (wire.at() as u64).saturating_add(attribute) <= end => {
            attribute == 0 || wire.rest().first().is_none_or(|tag| matches!(tag, 0x0a | 0x12))
        }
        Ok(_) => false,
        Err(_) => true,
    }
}
