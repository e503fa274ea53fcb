//! Fuzzy ranking: a text fits if it has the characters of the pattern in their order. It ranks higher the closer together
//! they are and the more of them start words. Only the best few are kept.

/// An item that fits, with the characters that were matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranked<T> {
    /// The item.
    pub item: T,
    /// How well it fits; more is better.
    score: i32,
    /// Indices of the matched characters of its text, ascending.
    pub marks: Vec<usize>,
}

/// Score of a matched character.
const LETTER: i32 = 4;
/// Added where it starts a word.
const BEGINS: i32 = 12;
/// Added where it follows the previous match.
const FOLLOWS: i32 = 10;
/// Cost of each character skipped between the first and the last match, and the most that these cost.
const SKIPPED: i32 = 1;
const SKIPPED_MOST: i32 = 40;
/// The most that characters before the first match cost.
const BEFORE_MOST: i32 = 12;
/// The most that length costs, one per four characters: of two that fit alike the shorter is better.
const LONG_MOST: i32 = 12;

/// The items that fit best.
pub struct BestMatches<T> {
    typed: Vec<char>,
    most: usize,
    list: Vec<Ranked<T>>,
}

impl<T> BestMatches<T> {
    /// An empty list of at most `most` items that fit what was typed. Spaces in it are ignored.
    pub fn new(typed: &str, most: usize) -> Self {
        let typed = typed.chars().filter(|letter| !letter.is_whitespace()).map(fold).collect();
        Self { typed, most, list: Vec::new() }
    }

    /// Adds an item with its text if it is among the best. `more` is added to its score.
    pub fn offer(&mut self, item: T, text: &str, more: i32) {
        let Some((score, marks)) = fit(&self.typed, text) else { return };
        let score = score + more;
        // Equals stay in the order in which they were added.
        let place = self.list.partition_point(|ranked| ranked.score >= score);
        if place < self.most {
            self.list.truncate(self.most - 1);
            self.list.insert(place, Ranked { item, score, marks });
        }
    }

    /// The items, the best first.
    pub fn list(self) -> Vec<Ranked<T>> {
        self.list
    }
}

fn fold(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

/// How well `text` fits, and the indices of the matched characters; `None` where it does not fit.
fn fit(typed: &[char], text: &str) -> Option<(i32, Vec<usize>)> {
    if typed.is_empty() {
        return Some((0, Vec::new()));
    }
    let letters: Vec<char> = text.chars().collect();
    let nearest = walk(typed, &letters, false)?;
    // Preferring starts of words may run out of characters; taking the nearest match never does.
    let Some(leaping) = walk(typed, &letters, true) else { return Some(nearest) };
    Some(if leaping.0 > nearest.0 { leaping } else { nearest })
}

fn walk(typed: &[char], letters: &[char], leaps: bool) -> Option<(i32, Vec<usize>)> {
    let begins = |at: usize| begins(if at == 0 { ' ' } else { letters[at - 1] }, letters[at]);
    let mut marks: Vec<usize> = Vec::with_capacity(typed.len());
    let mut score = 0;
    for wanted in typed {
        let next = marks.last().map_or(0, |last| last + 1);
        let is = |at: &usize| fold(letters[*at]) == *wanted;
        let follows = (next < letters.len() && !marks.is_empty()).then_some(next).filter(is);
        let beginning = || (next..letters.len()).find(|at| is(at) && begins(*at));
        let at = match follows {
            None if leaps => beginning(),
            follows => follows,
        };
        let at = at.or_else(|| (next..letters.len()).find(is))?;
        score += LETTER;
        if begins(at) {
            score += BEGINS;
        }
        if at == next && !marks.is_empty() {
            score += FOLLOWS;
        }
        marks.push(at);
    }
    let (first, last) = (marks.first().copied()?, marks.last().copied()?);
    let skipped = (last + 1 - first - marks.len()) as i32;
    let long = (letters.len() / 4) as i32;
    score -= (skipped * SKIPPED).min(SKIPPED_MOST) + (first as i32).min(BEFORE_MOST) + long.min(LONG_MOST);
    Some((score, marks))
}

/// Whether a character starts a word: after a separator, as a capital after a small letter, as a digit after a letter.
fn begins(before: char, letter: char) -> bool {
    letter.is_alphanumeric() && !before.is_alphanumeric()
        || letter.is_uppercase() && before.is_lowercase()
        || letter.is_numeric() && !before.is_numeric()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn best(typed: &str, texts: &[&'static str]) -> Vec<&'static str> {
        let mut best = BestMatches::new(typed, 5);
        texts.iter().for_each(|text| best.offer(*text, text, 0));
        best.list().into_iter().map(|ranked| ranked.item).collect()
    }

    #[test]
    fn beginnings_of_words_and_letters_together_come_first() {
        assert_eq!(best("ca", &["scatter", "Collapse all", "cart"]), ["cart", "Collapse all", "scatter"]);
        assert_eq!(best("col all", &["Expand all", "Collapse all", "call tool"]), ["Collapse all"]);
        assert_eq!(best("gp", &["GET /products", "glimpse", "getProducts"])[2], "glimpse");
        assert_eq!(best("pay", &["display", "payment", "repay"])[0], "payment");
    }

    #[test]
    fn letters_are_found_in_any_case_and_only_in_their_order() {
        assert_eq!(best("ÜBER", &["über uns", "rebü"]), ["über uns"]);
        assert_eq!(best("zz", &["z", "az"]), [""; 0]);
        assert_eq!(best("", &["b", "a"]), ["b", "a"], "nothing typed, nothing ranked");
    }

    #[test]
    fn what_was_found_is_marked() {
        let mut best = BestMatches::new("ca", 1);
        best.offer((), "Collapse all", 0);
        assert_eq!(best.list()[0].marks, [0, 9]);
    }

    #[test]
    fn the_list_is_short_and_in_order_whatever_is_offered() {
        let mut best = BestMatches::new("a", 3);
        for number in 0..10_000 {
            best.offer(number, "a", number % 7);
        }
        let list = best.list();
        assert_eq!(list.iter().map(|ranked| ranked.item).collect::<Vec<_>>(), [6, 13, 20]);
    }
}
