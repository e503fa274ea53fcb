//! Formats compact JSON: one line per member or element, indented by two spaces.

/// State of the formatter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Indenter {
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// Whether the last byte opened a bracket.
    just_opened: bool,
}

impl Indenter {
    /// Appends formatted JSON to `out`. The compact text may be split anywhere.
    pub fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        for byte in piece {
            if self.in_string {
                self.in_string = self.escaped || *byte != b'"';
                self.escaped = !self.escaped && *byte == b'\\';
                out.push(*byte);
                continue;
            }
            let closes = matches!(byte, b'}' | b']');
            if closes {
                self.depth = self.depth.saturating_sub(1);
            }
            // An empty list or object stays on its line.
            if closes != self.just_opened && (closes || self.just_opened) {
                self.new_line(out);
            }
            self.just_opened = matches!(byte, b'{' | b'[');
            self.depth += usize::from(self.just_opened);
            self.in_string = *byte == b'"';
            out.push(*byte);
            match byte {
                b',' => self.new_line(out),
                b':' => out.push(b' '),
                _ => {}
            }
        }
    }

    fn new_line(&self, out: &mut Vec<u8>) {
        out.push(b'\n');
        out.resize(out.len() + 2 * self.depth, b' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-z\"\\\\{}\\[\\],: ]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-z\"]{0,4}", inner, 0..4).prop_map(|map| json!(map)),
            ]
        })
    }

    proptest! {
        #[test]
        fn texts_are_laid_out_as_serde_does_however_they_are_divided(value in json(), at in 0usize..200) {
            let compact = serde_json::to_vec(&value).unwrap();
            let (first, rest) = compact.split_at(at.min(compact.len()));
            let (mut indenter, mut out) = (Indenter::default(), Vec::new());
            indenter.push(first, &mut out);
            indenter.push(rest, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string_pretty(&value).unwrap());
        }
    }
}
