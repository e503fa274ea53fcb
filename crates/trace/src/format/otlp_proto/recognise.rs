//! Whether bytes can be OTLP protobuf, which has no mark of its own.

use super::wire::Wire;

/// Whether these bytes can be a request: `resource_spans` holding a resource, scopes or a schema URL, each
/// within the one around it.
pub(in crate::format) fn is_request(bytes: &[u8]) -> bool {
    let mut wire = Wire::new(bytes);
    let (Ok((1, 2)), Ok(outer)) = (wire.tag(), wire.varint()) else { return false };
    if outer == 0 {
        return bytes.len() == wire.at || bytes[wire.at] == 0x0a;
    }
    let end = (wire.at as u64).saturating_add(outer);
    if wire.at == bytes.len() {
        return false;
    }
    let (Ok((field @ (1..=3 | 1000), 2)), Ok(inner)) = (wire.tag(), wire.varint()) else { return false };
    if (wire.at as u64).saturating_add(inner) > end {
        return false;
    }
    // Scopes and schema URLs begin with a byte that text does not have; a resource begins like an empty line,
    // so its first attribute is looked into: a key or a value within the attribute within the resource.
    let end = (wire.at as u64).saturating_add(inner);
    if field != 1 || inner == 0 || wire.at == bytes.len() {
        return true;
    }
    if bytes[wire.at] != 0x0a {
        return matches!(bytes[wire.at], 0x10 | 0x1a);
    }
    wire.at += 1;
    match wire.varint() {
        Ok(attribute) if (wire.at as u64).saturating_add(attribute) <= end => {
            attribute == 0 || bytes.get(wire.at).is_none_or(|tag| matches!(tag, 0x0a | 0x12))
        }
        Ok(_) => false,
        Err(_) => true,
    }
}
