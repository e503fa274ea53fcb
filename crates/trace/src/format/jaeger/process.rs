//! Jaeger's processes (OTLP's resources).

use super::tags::each_tag;
use crate::format::json::{Cursor, text, unescape};
use crate::model::PrefixCache;
use crate::model::record::{Attribute, AttributeValue, Resource};

/// Jaeger's service name for a resource without attributes.
const NO_SERVICE: &str = "OTLPResourceNoServiceName";

/// Reads a process: its service becomes the attribute `service.name`.
pub(super) fn process(bytes: &[u8]) -> Resource {
    let mut resource = Resource::default();
    let (mut attributes, mut prefixes) = (Vec::new(), PrefixCache::default());
    let _ = Cursor::lenient(bytes, 0).object(|cursor, key| {
        match key.bytes {
            b"serviceName" => resource.service = unescape(text(cursor, "serviceName")?).into_owned(),
            b"tags" => each_tag(cursor, &mut prefixes, "tags", |_, tag| {
                tag.emit(&mut |key, value| {
                    attributes.push(Attribute { key: key.to_owned(), value: value.to_value() });
                });
            })?,
            _ => cursor.skip()?,
        }
        Ok(())
    });
    if resource.service == NO_SERVICE && attributes.is_empty() {
        resource.service = String::new();
    }
    if !resource.service.is_empty() && !attributes.iter().any(|attribute| attribute.key == "service.name") {
        let value = AttributeValue::String(resource.service.clone());
        resource.attributes.push(Attribute { key: "service.name".to_owned(), value });
    }
    resource.attributes.append(&mut attributes);
    resource
}
