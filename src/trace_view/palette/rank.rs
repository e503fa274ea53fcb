//! How well a text fits what was typed: its letters in their order, the better the closer together and the more of
//! them at the beginnings of words. The list of what fits best is short, whatever it is chosen from.

/// What fits, with where its letters are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranked<T> {
    /// What.
    pub item: T,
    /// How well; more is better.
    score: i32,
    /// Which letters of its text were typed, by number.
    pub marks: Vec<usize>,
}

/// A letter that was found.
const LETTER: i32 = 4;
/// It begins a word.
const BEGINS: i32 = 12;
/// It follows the one found before.
const FOLLOWS: i32 = 10;
/// Letters that are skipped between the first and the last that are found cost this much each, up to the most.
const SKIPPED: i32 = 1;
const SKIPPED_MOST: i32 = 40;
/// Letters before the first cost less.
const BEFORE_MOST: i32 = 12;
/// Every fourth letter of the whole text costs a little: of two that fit alike the shorter is meant.
const LONG_MOST: i32 = 12;

/// A list of the best.
pub struct Best<T> {
    typed: Vec<char>,
    most: usize,
    list: Vec<Ranked<T>>,
}

impl<T> Best<T> {
    /// An empty list of at most `most` that fit what was typed. Blanks in it do not count.
    pub fn new(typed: &str, most: usize) -> Self {
        let typed = typed.chars().filter(|letter| !letter.is_whitespace()).map(fold).collect();
        Self { typed, most, list: Vec::new() }
    }

    /// Offers something with its text. `more` is added to its score: what should come first among equals.
    pub fn offer(&mut self, item: T, text: &str, more: i32) {
        let Some((score, marks)) = fit(&self.typed, text) else { return };
        let score = score + more;
        // Equals stay in the order in which they were offered.
        let place = self.list.partition_point(|ranked| ranked.score >= score);
        if place < self.most {
            self.list.truncate(self.most - 1);
            self.list.insert(place, Ranked { item, score, marks });
        }
    }

    /// The best, best first.
    pub fn list(self) -> Vec<Ranked<T>> {
        self.list
    }
}

fn fold(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

/// How well `text` fits, and which of its letters were typed; `None` where they are not all there in their order.
fn fit(typed: &[char], text: &str) -> Option<(i32, Vec<usize>)> {
    if typed.is_empty() {
        return Some((0, Vec::new()));
    }
    let letters: Vec<char> = text.chars().collect();
    let nearest = walk(typed, &letters, false)?;
    // A walk that leaps to beginnings of words may run out of letters; the one that takes the nearest never does.
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

/// Whether a letter begins a word: after what is none, at a capital after a small letter, at a digit after a letter.
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
        let mut best = Best::new(typed, 5);
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
        let mut best = Best::new("ca", 1);
        best.offer((), "Collapse all", 0);
        assert_eq!(best.list()[0].marks, [0, 9]);
    }

    #[test]
    fn the_list_is_short_and_in_order_whatever_is_offered() {
        let mut best = Best::new("a", 3);
        for number in 0..10_000 {
            best.offer(number, "a", number % 7);
        }
        let list = best.list();
        assert_eq!(list.iter().map(|ranked| ranked.item).collect::<Vec<_>>(), [6, 13, 20]);
    }
}
