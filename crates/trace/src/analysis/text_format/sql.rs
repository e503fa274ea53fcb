//! Formats SQL with one line per clause. Only white space changes.

/// Attribute keys for statements of any query language.
const KEYS: [&str; 6] =
    ["db.query.text", "db.statement", "db.query", "sql.query", "sql", "db.operation.batch.query"];

/// First keywords of statements that are formatted.
const VERBS: [&str; 8] = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "REPLACE", "CREATE"];

/// Keywords that start a line.
const CLAUSES: [&str; 27] = [
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "ORDER",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "VALUES",
    "SET",
    "RETURNING",
    "WINDOW",
    "JOIN",
    "LEFT",
    "RIGHT",
    "INNER",
    "FULL",
    "CROSS",
    "NATURAL",
    "INSERT",
    "UPDATE",
    "DELETE",
    "WITH",
];

/// Keywords that stay on the line of the preceding one.
const JOINED: [(&str, &str); 12] = [
    ("DELETE", "FROM"),
    ("DISTINCT", "FROM"),
    ("LEFT", "JOIN"),
    ("RIGHT", "JOIN"),
    ("INNER", "JOIN"),
    ("OUTER", "JOIN"),
    ("FULL", "JOIN"),
    ("CROSS", "JOIN"),
    ("NATURAL", "JOIN"),
    ("FOR", "UPDATE"),
    ("DO", "UPDATE"),
    ("ON", "UPDATE"),
];

pub(super) fn looks_like(key: &str, text: &str) -> bool {
    let first = text.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    KEYS.contains(&key) && is_one_of(&VERBS, first)
}

fn is_one_of(words: &[&str], word: &str) -> bool {
    words.iter().any(|candidate| candidate.eq_ignore_ascii_case(word))
}

/// One line per clause, indented by four spaces per sub-query; `AND` and `OR` start lines too, indented by two.
pub fn clauses(text: &str) -> String {
    let mut writer = Writer { out: String::with_capacity(text.len() + text.len() / 8), ..Writer::default() };
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let (token, after) = rest.split_at(token_len(rest, first));
        let next = after.trim_start();
        match first {
            space if space.is_whitespace() => writer.space = true,
            '(' => {
                writer.put(token);
                let inner = next.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
                writer.open(is_one_of(&["SELECT", "WITH"], inner));
            }
            ')' => writer.close(),
            _ if is_word(first) => writer.word(token, next),
            _ => writer.put(token),
        }
        // A line comment extends to the end of its line.
        if token.starts_with("--") && !next.is_empty() {
            writer.line(0);
        }
        rest = after;
    }
    writer.out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '@' | '.' | '#')
}

/// Length of the token at the start of `rest`. Unterminated quotes extend to the end.
fn token_len(rest: &str, first: char) -> usize {
    let until =
        |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    match first {
        '\'' | '"' | '`' => {
            let quote = &rest[..1];
            let mut end = until(quote, 1);
            // A doubled quote is an escaped quote.
            while rest[end..].starts_with(quote) {
                end = until(quote, end + 1);
            }
            end
        }
        '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
        '/' if rest.starts_with("/*") => until("*/", 2),
        space if space.is_whitespace() => rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len()),
        word if is_word(word) => rest.find(|c: char| !is_word(c)).unwrap_or(rest.len()),
        other => other.len_utf8(),
    }
}

#[derive(Default)]
struct Writer<'a> {
    out: String,
    /// Whether there was white space before the next token.
    space: bool,
    /// Open parentheses, and whether each is a sub-query. Lines only break if all are.
    open: Vec<bool>,
    last: &'a str,
    /// Whether a `BETWEEN` has no `AND` yet.
    between: bool,
}

impl<'a> Writer<'a> {
    fn word(&mut self, word: &'a str, next: &str) {
        let breaks = self.open.iter().all(|query| *query) && !self.out.is_empty();
        let belongs = JOINED
            .iter()
            .any(|(before, this)| before.eq_ignore_ascii_case(self.last) && this.eq_ignore_ascii_case(word));
        let second_and = std::mem::take(&mut self.between);
        if word.eq_ignore_ascii_case("BETWEEN") {
            self.between = true;
        } else if is_one_of(&["AND", "OR"], word) {
            if breaks && !(second_and && word.eq_ignore_ascii_case("AND")) {
                self.line(1);
            }
        } else {
            self.between = second_and;
            // `left(name, 1)` and `values(x)` after a name are function calls; `VALUES (` keeps its space.
            let call = next.starts_with('(') && is_one_of(&["LEFT", "RIGHT", "REPLACE", "INSERT"], word);
            if breaks && !belongs && !call && is_one_of(&CLAUSES, word) {
                self.line(0);
            }
        }
        self.put(word);
        self.last = word;
    }

    fn put(&mut self, token: &str) {
        if self.space && !self.out.is_empty() && !self.out.ends_with(['\n', ' ']) {
            self.out.push(' ');
        }
        self.space = false;
        self.out.push_str(token);
    }

    fn line(&mut self, more: usize) {
        while self.out.ends_with(' ') {
            self.out.pop();
        }
        if !self.out.ends_with('\n') && !self.out.is_empty() {
            self.out.push('\n');
        }
        // Limits indentation.
        let depth = 2 * self.open.iter().filter(|query| **query).count() + more;
        self.out.extend(std::iter::repeat_n("  ", depth.min(20)));
        self.space = false;
    }

    fn open(&mut self, query: bool) {
        self.open.push(query);
        self.last = "";
        if query && self.open.iter().all(|query| *query) {
            self.line(0);
        }
    }

    fn close(&mut self) {
        let all = self.open.iter().all(|query| *query);
        if self.open.pop() == Some(true) && all {
            self.line(0);
        }
        self.put(")");
        self.last = "";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_for_each_clause() {
        let text = "SELECT o.id, count(*)  FROM orders o left join items i ON i.order_id = o.id AND i.sku <> 'a AND b' \
                    WHERE o.at BETWEEN $1 AND $2 and (o.x = 1 OR o.y = 2) GROUP BY o.id ORDER BY 2 DESC LIMIT 10";
        let expected = "SELECT o.id, count(*)\nFROM orders o\nleft join items i ON i.order_id = o.id\n  \
                        AND i.sku <> 'a AND b'\nWHERE o.at BETWEEN $1 AND $2\n  and (o.x = 1 OR o.y = 2)\nGROUP BY o.id\n\
                        ORDER BY 2 DESC\nLIMIT 10";
        assert_eq!(clauses(text), expected);
    }

    #[test]
    fn sub_queries_are_indented() {
        let text = "DELETE FROM a WHERE id IN (SELECT id FROM b WHERE c = left(d, 1)) RETURNING id";
        let expected = "DELETE FROM a\nWHERE id IN (\n    SELECT id\n    FROM b\n    WHERE c = left(d, 1)\n)\nRETURNING id";
        assert_eq!(clauses(text), expected);
    }

    #[test]
    fn statements_that_write() {
        let text = "INSERT INTO t (a, b) VALUES ('it''s', 2) ON CONFLICT (a) DO UPDATE SET b = 3 -- last\n";
        let expected =
            "INSERT INTO t (a, b)\nVALUES ('it''s', 2) ON CONFLICT (a) DO UPDATE\nSET b = 3 -- last";
        assert_eq!(clauses(text), expected);
        assert_eq!(clauses("update t set a = 1 -- why\n where b"), "update t\nset a = 1 -- why\nwhere b");
    }

    #[test]
    fn what_is_never_closed_is_kept() {
        assert_eq!(clauses("SELECT 'from here"), "SELECT 'from here");
        assert_eq!(clauses("SELECT /* from"), "SELECT /* from");
        assert_eq!(clauses(")) SELECT (((("), "))\nSELECT ((((");
        assert_eq!(clauses(""), "");
    }

    proptest! {
        #[test]
        fn only_white_space_changes(text in r#"(SELECT|FROM|and|between|é|'|"|\(|\)|--|\n| |x){0,20}"#) {
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(bare(&clauses(&text)), bare(&text));
        }
    }
}
