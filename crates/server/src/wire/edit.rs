//! Editing of single fields of a message.

use super::{Walk, WireError, WireField, put_bytes};

/// What an edit does with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// It stays as it is.
    Keep,
    /// It gets this content, length-delimited.
    Replace(Vec<u8>),
    /// It is removed.
    Remove,
}

impl Edit {
    /// New content, if there is any.
    pub fn of(content: Option<Vec<u8>>) -> Self {
        content.map_or(Edit::Keep, Edit::Replace)
    }
}

/// A message with its fields changed, all others as they stand; `None` where nothing changes.
pub fn edit(
    message: &[u8],
    mut each: impl FnMut(u32, WireField<'_>) -> Result<Edit, WireError>,
) -> Result<Option<Vec<u8>>, WireError> {
    let mut out: Option<Vec<u8>> = None;
    let (mut walk, mut before) = (Walk::new(message), 0);
    while let Some((number, field, raw)) = walk.next_raw()? {
        match each(number, field)? {
            Edit::Keep => {
                if let Some(out) = &mut out {
                    out.extend_from_slice(raw);
                }
            }
            Edit::Replace(content) => {
                put_bytes(out.get_or_insert_with(|| message[..before].to_vec()), number, &content);
            }
            Edit::Remove => {
                out.get_or_insert_with(|| message[..before].to_vec());
            }
        }
        before += raw.len();
    }
    Ok(out)
}
