//! `prettyPrint`: puts JSON on lines while it is written, four spaces a level.

/// Where in the JSON the next byte is.
#[derive(Default)]
pub struct Indent {
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// An opening bracket came last: whether something follows in it is not known yet.
    opened: bool,
}

impl Indent {
    /// Appends the next bytes of the JSON, indented.
    pub fn append(&mut self, json: &[u8], out: &mut Vec<u8>) {
        for byte in json.iter().copied() {
            if self.in_string {
                out.push(byte);
                self.in_string = self.escaped || byte != b'"';
                self.escaped = !self.escaped && byte == b'\\';
                continue;
            }
            let opened = std::mem::take(&mut self.opened);
            if matches!(byte, b'}' | b']') {
                self.depth = self.depth.saturating_sub(1);
                if !opened {
                    self.new_line(out);
                }
                out.push(byte);
                continue;
            }
            if opened {
                self.new_line(out);
            }
            out.push(byte);
            match byte {
                b'{' | b'[' => {
                    self.depth += 1;
                    self.opened = true;
                }
                b',' => self.new_line(out),
                b':' => out.push(b' '),
                _ => self.in_string = byte == b'"',
            }
        }
    }

    fn new_line(&self, out: &mut Vec<u8>) {
        out.push(b'\n');
        out.extend(std::iter::repeat_n(b' ', self.depth * 4));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn pretty_printing_changes_only_white_space() {
        let json = br#"{"a":[],"b":{},"c":"{\"x\":[1,2]}\\","d":[1,{"e":null}]}"#;
        for size in [1, 2, 3, 7, json.len()] {
            let (mut indent, mut pretty) = (Indent::default(), Vec::new());
            json.chunks(size).for_each(|chunk| indent.append(chunk, &mut pretty));
            let text = String::from_utf8(pretty).unwrap();
            assert!(text.starts_with("{\n    \"a\": [],\n    \"b\": {},"), "{text}");
            let parse = |text: &[u8]| serde_json::from_slice::<Value>(text).unwrap();
            assert_eq!(parse(text.as_bytes()), parse(json));
        }
    }
}
