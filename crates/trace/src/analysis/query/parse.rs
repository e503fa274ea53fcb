//! Parser for queries: Dijkstra's shunting-yard algorithm, so that nesting does not use the stack.

use super::QueryError;
use super::expected::{check_op, operators, value_of};
use super::field::{Field, FieldType, OWNERS, is_reserved};
use super::op::Operator;
use super::pattern;
use super::token::{Kind, Token, tokens};
use super::tree::{Condition, Literal, Query, RELATIONS, Relation, Step};
use crate::units::parse_go_duration;
use std::ops::Range;

/// Maximum number of pending operators and parentheses; each may hold a set of spans.
pub const DEEPEST: usize = 100;
/// Maximum number of conditions; each is evaluated for all spans.
pub const MOST: usize = 200;

const CONDITION: &str = "a condition, such as duration > 20ms";

/// An operator without all its operands.
enum PendingOperator {
    Open,
    Related(Relation),
    Not,
    And,
    Or,
}

impl PendingOperator {
    /// Precedence; an opening parenthesis has the lowest.
    fn precedence(&self) -> u8 {
        match self {
            PendingOperator::Open | PendingOperator::Related(_) => 0,
            PendingOperator::Or => 1,
            PendingOperator::And => 2,
            PendingOperator::Not => 3,
        }
    }
}

pub(super) struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    next: usize,
    pending: Vec<PendingOperator>,
    steps: Vec<Step>,
    conditions: usize,
    /// A token, and how many exclamation marks at its start were consumed.
    stripped: (usize, usize),
}

type Parsed<T> = Result<T, QueryError>;

/// Parses a text as a query.
pub fn parse(text: &str) -> Result<Query, QueryError> {
    let (tokens, mistake) = tokens(text);
    match mistake {
        Some(mistake) => Err(mistake),
        None => Parser::new(text, &tokens).query(),
    }
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, tokens: &'a [Token]) -> Self {
        Self {
            text,
            tokens,
            next: 0,
            pending: Vec::new(),
            steps: Vec::new(),
            conditions: 0,
            stripped: (0, 0),
        }
    }

    fn query(mut self) -> Parsed<Query> {
        loop {
            if self.operand()? {
                continue;
            }
            if self.operator()? {
                return Ok(Query { steps: self.steps });
            }
        }
    }

    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.next)
    }

    /// The text of a token if it is an unquoted word, without the exclamation marks that were consumed.
    fn word_at(&self, next: usize) -> Option<&'a str> {
        let token = self.tokens.get(next).filter(|token| token.kind == Kind::Word)?;
        let stripped = if self.stripped.0 == next { self.stripped.1 } else { 0 };
        Some(&self.text[token.at + stripped..token.end])
    }

    fn is_word(&self, next: usize, words: &[&str]) -> bool {
        self.word_at(next).is_some_and(|found| words.iter().any(|word| word.eq_ignore_ascii_case(found)))
    }

    /// An error at the next token, or at the end.
    fn expected<T>(&self, what: impl Into<String>) -> Parsed<T> {
        let (at, end) = self.peek().map_or((self.text.len(), self.text.len()), |token| (token.at, token.end));
        Err(QueryError::new(at, end, what))
    }

    fn push(&mut self, pending: PendingOperator) -> Parsed<()> {
        if self.pending.len() >= DEEPEST {
            return self.expected(format!("at most {DEEPEST} parentheses and operators within each other"));
        }
        self.pending.push(pending);
        Ok(())
    }

    fn condition(&mut self, condition: Condition) -> Parsed<()> {
        self.conditions += 1;
        if self.conditions > MOST {
            return self.expected(format!("at most {MOST} conditions"));
        }
        self.steps.push(Step::Condition(condition));
        Ok(())
    }

    /// Consumes a token at the start of a condition; returns whether the condition is incomplete.
    fn operand(&mut self) -> Parsed<bool> {
        let Some(token) = self.peek() else { return self.expected(CONDITION) };
        match &token.kind {
            Kind::Open => {
                self.push(PendingOperator::Open)?;
                self.next += 1;
                return Ok(true);
            }
            Kind::Word if self.is_word(self.next, &["not"]) => {
                self.push(PendingOperator::Not)?;
                self.next += 1;
                return Ok(true);
            }
            Kind::Word if self.word_at(self.next).is_some_and(|word| word.starts_with('!')) => {
                self.push(PendingOperator::Not)?;
                let stripped = if self.stripped.0 == self.next { self.stripped.1 + 1 } else { 1 };
                self.stripped = (self.next, stripped);
                self.next += usize::from(self.word_at(self.next) == Some(""));
                return Ok(true);
            }
            Kind::Word if self.calls(self.next) => {
                let name = self.word_at(self.next);
                if let Some((_, relation, _)) = RELATIONS.iter().find(|(known, ..)| Some(*known) == name) {
                    self.push(PendingOperator::Related(*relation))?;
                    self.next += 2;
                    return Ok(true);
                }
                self.next += 2;
                let Some(field) = self.field()? else {
                    return self.expected("the name of an attribute or field");
                };
                if self.peek().is_none_or(|token| token.kind != Kind::Close) {
                    return self.expected("a closing parenthesis");
                }
                self.next += 1;
                self.condition(Condition::Has(field))?;
            }
            Kind::Word | Kind::Quoted(_) => self.comparison()?,
            Kind::Close | Kind::Comma | Kind::Sign(_) => return self.expected(CONDITION),
        }
        Ok(false)
    }

    /// Whether there is a function call, negated or not.
    pub(super) fn calls(&self, next: usize) -> bool {
        let Some(word) = self.word_at(next).map(|word| word.trim_start_matches('!')) else { return false };
        let function = word == "has" || RELATIONS.iter().any(|(name, ..)| *name == word);
        let open = self.tokens.get(next + 1).filter(|token| token.kind == Kind::Open);
        function && open.is_some_and(|open| open.at == self.tokens[next].end)
    }

    /// Consumes a field's name, if there is one: a word, a quoted string, or a prefix and a quoted string.
    fn field(&mut self) -> Parsed<Option<Field>> {
        let Some(token) = self.peek() else { return Ok(None) };
        if let Kind::Quoted(key) = &token.kind {
            self.next += 1;
            return Ok(Some(Field::Key(super::field::Owner::Any, key.clone())));
        }
        let Some(word) = self.word_at(self.next) else { return Ok(None) };
        if is_reserved(word) {
            return self.expected(format!("{CONDITION}; in quotes, {word} is a word like any other"));
        }
        self.next += 1;
        let owner = OWNERS.iter().find(|(prefix, _)| *prefix == word);
        if let (Some((_, owner)), Some(Token { kind: Kind::Quoted(key), at, .. })) = (owner, self.peek())
            && *at == token.end
        {
            self.next += 1;
            return Ok(Some(Field::Key(*owner, key.clone())));
        }
        Ok(Some(Field::parse(word)))
    }

    /// Consumes a comparison, a flag, or a text to search.
    fn comparison(&mut self) -> Parsed<()> {
        let start = self.next;
        let Some(field) = self.field()? else { return self.expected(CONDITION) };
        let negated = self.is_word(self.next, &["not"]) && self.is_word(self.next + 1, &["in", "contains"]);
        let at = self.next + usize::from(negated);
        let op = match self.tokens.get(at).map(|token| &token.kind) {
            Some(Kind::Sign(op)) => *op,
            Some(Kind::Word) if self.is_word(at, &["in"]) => Operator::Among,
            Some(Kind::Word) if self.is_word(at, &["contains"]) => Operator::Contains,
            _ => return self.alone(start, field),
        };
        self.next = at;
        check_op(&field, op).or_else(|expected| self.expected(expected))?;
        self.next += 1;
        let literals =
            if op == Operator::Among { self.list(&field)? } else { vec![self.literal(&field, op)?] };
        self.condition(Condition::Compare(field, op, literals))?;
        if negated {
            self.steps.push(Step::Not);
        }
        Ok(())
    }

    /// A name or text without an operator.
    fn alone(&mut self, start: usize, field: Field) -> Parsed<()> {
        match &self.tokens[start].kind {
            Kind::Quoted(text) => self.condition(Condition::Text(text.clone())),
            _ if field.is_flag() => self.condition(Condition::Has(field)),
            _ => match (&field, self.word_at(start)) {
                // A prefix with a quoted string is not a text to search.
                (Field::Key(..), Some(word)) if self.next == start + 1 => {
                    self.condition(Condition::Text(word.to_owned()))
                }
                _ => self.expected(format!("{} after {field}", operators(&field))),
            },
        }
    }

    fn list(&mut self, field: &Field) -> Parsed<Vec<Literal>> {
        if self.peek().is_none_or(|token| token.kind != Kind::Open) {
            let values = bare_list(self.tokens.get(self.next..).unwrap_or_default());
            return match values.and_then(|values| Some((values.start, self.text.get(values)?))) {
                Some((at, values)) => {
                    let expected = format!("a list of values in parentheses: ({values})");
                    Err(QueryError::new(at, at + values.len(), expected))
                }
                None => self.expected("a list of values in parentheses"),
            };
        }
        let mut literals = Vec::new();
        loop {
            self.next += 1;
            if literals.len() >= MOST {
                return self.expected(format!("at most {MOST} values"));
            }
            literals.push(self.literal(field, Operator::Among)?);
            match self.peek().map(|token| &token.kind) {
                Some(Kind::Comma) => {}
                Some(Kind::Close) => break,
                _ => return self.expected("a comma or a closing parenthesis"),
            }
        }
        self.next += 1;
        Ok(literals)
    }

    fn literal(&mut self, field: &Field, op: Operator) -> Parsed<Literal> {
        let mut literal = match self.peek().map(|token| &token.kind) {
            Some(Kind::Quoted(text)) => Literal { text: text.clone(), quoted: true },
            Some(Kind::Word) => {
                let text = self.word_at(self.next).unwrap_or_default();
                if is_reserved(text) {
                    return self.expected(format!(
                        "{}; in quotes, {text} is a value like any other",
                        value_of(field, op)
                    ));
                }
                Literal { text: text.to_owned(), quoted: false }
            }
            _ => return self.expected(value_of(field, op)),
        };
        if field.class() == FieldType::Time && literal.number().is_some() {
            // "20 ms", as durations are displayed.
            let whole = format!("{}{}", literal.text, self.word_at(self.next + 1).unwrap_or_default());
            if self.word_at(self.next + 1).is_some() && parse_go_duration(&whole).is_ok() {
                literal.text = whole;
                self.next += 1;
            }
        }
        let right = match field.class() {
            FieldType::Time => literal.time().is_some(),
            FieldType::Number => literal.number().is_some(),
            FieldType::Choice(words) => {
                literal = Literal { text: literal.text.to_ascii_lowercase(), quoted: false };
                words.contains(&literal.text.as_str())
            }
            FieldType::Text if op.orders() => {
                literal.quoted || literal.number().is_some() || literal.time().is_some()
            }
            FieldType::Text => true,
        };
        if !right {
            return self.expected(value_of(field, op));
        }
        if matches!(op, Operator::Matches | Operator::MatchesNot)
            && let Err(why) = pattern::compile(&literal.text)
        {
            return self.expected(format!("a regular expression ({why})"));
        }
        self.next += 1;
        Ok(literal)
    }

    /// Consumes what follows a condition; returns true at the end.
    fn operator(&mut self) -> Parsed<bool> {
        loop {
            let Some(token) = self.peek() else {
                self.reduce(1);
                return if self.pending.is_empty() {
                    Ok(true)
                } else {
                    self.expected("a closing parenthesis")
                };
            };
            match &token.kind {
                Kind::Close => {
                    self.reduce(1);
                    match self.pending.pop() {
                        Some(PendingOperator::Related(relation)) => self.steps.push(Step::Related(relation)),
                        Some(_) => {}
                        None => return self.expected("no closing parenthesis, for none is open"),
                    }
                    self.next += 1;
                }
                Kind::Sign(_) | Kind::Comma => {
                    return self.expected("and, or, or the end; a value with signs in it stands in quotes");
                }
                _ => break,
            }
        }
        let or = self.is_word(self.next, &["or", "||"]);
        if or || self.is_word(self.next, &["and", "&&"]) {
            self.next += 1;
        }
        // Adjacent conditions are joined by an implicit "and".
        self.reduce(if or { 1 } else { 2 });
        self.push(if or { PendingOperator::Or } else { PendingOperator::And })?;
        Ok(false)
    }

    /// Emits operators with at least this precedence.
    fn reduce(&mut self, least: u8) {
        while self.pending.last().is_some_and(|last| last.precedence() >= least) {
            match self.pending.pop() {
                Some(PendingOperator::Not) => self.steps.push(Step::Not),
                Some(PendingOperator::And) => self.steps.push(Step::And),
                Some(PendingOperator::Or) => self.steps.push(Step::Or),
                _ => {}
            }
        }
    }
}

/// The bytes of two or more values with commas between them at the start of the tokens.
pub(super) fn bare_list(tokens: &[Token]) -> Option<Range<usize>> {
    let is_value = |token: &Token| matches!(token.kind, Kind::Word | Kind::Quoted(_));
    let is_next =
        |pair: &&[Token]| matches!(pair, [comma, value] if comma.kind == Kind::Comma && is_value(value));
    let first = tokens.first().filter(|token| is_value(token))?;
    let last = tokens[1..].chunks(2).take_while(is_next).last()?.last()?;
    Some(first.at..last.end)
}
