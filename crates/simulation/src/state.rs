//! What the simulated services keep between requests: numbers, stock, answered questions, and circuit breakers.

use std::collections::BTreeMap;

use crate::catalogue::CATALOGUE;

/// Failures in a row that open a breaker.
const FAILURES: u32 = 5;
/// Nanoseconds for which an open breaker refuses calls before it lets one through.
const OPEN: u64 = 2_000_000_000;
/// Pieces of an item that is not in the catalogue.
const UNLISTED: i64 = 100;

/// What the services keep.
#[derive(Clone, Debug)]
pub(crate) struct State {
    orders: u64,
    payments: u64,
    reservations: u64,
    stock: Vec<Stock>,
    /// Answers by the key of their question.
    pub(crate) answers: BTreeMap<String, AnsweredQuestion>,
    pub(crate) breakers: Breakers,
}

/// An answer, as the cache keeps it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AnsweredQuestion {
    pub(crate) answer: String,
    pub(crate) sources: Vec<String>,
    pub(crate) model: String,
}

/// Pieces of one item.
#[derive(Clone, Debug)]
struct Stock {
    id: String,
    on_hand: i64,
    full: i64,
}

impl Default for State {
    fn default() -> Self {
        let stock = CATALOGUE.iter().map(|product| Stock {
            id: product.id.to_owned(),
            on_hand: product.in_stock,
            full: product.in_stock,
        });
        Self {
            orders: 1001,
            payments: 1,
            reservations: 1,
            stock: stock.collect(),
            answers: BTreeMap::new(),
            breakers: Breakers::default(),
        }
    }
}

fn take_number(next: &mut u64) -> u64 {
    let number = *next;
    *next += 1;
    number
}

impl State {
    pub(crate) fn order_number(&mut self) -> u64 {
        take_number(&mut self.orders)
    }

    pub(crate) fn payment_number(&mut self) -> u64 {
        take_number(&mut self.payments)
    }

    pub(crate) fn reservation_number(&mut self) -> u64 {
        take_number(&mut self.reservations)
    }

    /// Pieces of an item; `None` if it was never ordered and is not in the catalogue.
    pub(crate) fn on_hand(&self, id: &str) -> Option<i64> {
        self.stock.iter().find(|stock| stock.id == id).map(|stock| stock.on_hand)
    }

    /// Adds an item that is not in the catalogue.
    pub(crate) fn add_item(&mut self, id: &str) {
        self.stock.push(Stock { id: id.to_owned(), on_hand: UNLISTED, full: UNLISTED });
    }

    /// Takes all lines, or none: then the index of the first that cannot be taken. Stock that runs low is filled up.
    pub(crate) fn take(&mut self, lines: &[(usize, &str, i64)]) -> Result<(), usize> {
        let mut left = self.stock.clone();
        for (index, (_, id, quantity)) in lines.iter().enumerate() {
            let stock = left.iter_mut().find(|stock| stock.id == *id && stock.on_hand >= *quantity);
            let Some(stock) = stock else { return Err(index) };
            stock.on_hand -= quantity;
            if stock.on_hand < 5 {
                stock.on_hand = stock.full;
            }
        }
        self.stock = left;
        Ok(())
    }

    /// Puts pieces back, up to the full stock.
    pub(crate) fn give_back(&mut self, id: &str, quantity: i64) {
        if let Some(stock) = self.stock.iter_mut().find(|stock| stock.id == id) {
            stock.on_hand = (stock.on_hand + quantity).min(stock.full);
        }
    }
}

/// A circuit breaker for each caller and called service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Breakers(Vec<Breaker>);

#[derive(Clone, Copy, Debug)]
struct Breaker {
    from: &'static str,
    to: &'static str,
    failures: u32,
    /// When it opened, nanoseconds since the Unix epoch.
    opened: Option<u64>,
}

impl Breakers {
    /// The state in which a call is made: `closed`, `open` or `half-open`. With `open` it must not be made.
    pub(crate) fn state(&self, from: &'static str, to: &'static str, now: u64) -> &'static str {
        let breaker = self.0.iter().find(|breaker| (breaker.from, breaker.to) == (from, to));
        match breaker.and_then(|breaker| breaker.opened) {
            None => "closed",
            Some(opened) if now.saturating_sub(opened) < OPEN => "open",
            Some(_) => "half-open",
        }
    }

    /// After a call.
    pub(crate) fn record(&mut self, from: &'static str, to: &'static str, has_failed: bool, now: u64) {
        let known = self.0.iter().position(|breaker| (breaker.from, breaker.to) == (from, to));
        if !has_failed {
            // Without failures there is nothing to keep.
            known.map(|index| self.0.remove(index));
            return;
        }
        let index = known.unwrap_or_else(|| {
            self.0.push(Breaker { from, to, failures: 0, opened: None });
            self.0.len() - 1
        });
        if let Some(breaker) = self.0.get_mut(index) {
            breaker.failures = breaker.failures.saturating_add(1);
            if breaker.failures >= FAILURES {
                breaker.opened = Some(now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lines_are_taken_or_none_and_low_stock_is_filled_up() {
        let mut shop = State::default();
        assert_eq!(shop.take(&[(0, "item-1", 2), (1, "item-4", 10)]), Err(1));
        assert_eq!(shop.on_hand("item-1"), Some(112));
        assert_eq!(shop.take(&[(0, "item-1", 2)]), Ok(()));
        assert_eq!(shop.on_hand("item-1"), Some(110));
        shop.give_back("item-1", 5);
        assert_eq!(shop.on_hand("item-1"), Some(112));
        assert_eq!(shop.take(&[(0, "item-4", 6)]), Ok(()));
        assert_eq!(shop.on_hand("item-4"), Some(9), "below 5 it is filled up");
        assert_eq!(shop.on_hand("never-ordered"), None);
    }

    #[test]
    fn five_failures_open_a_breaker_and_a_success_closes_it() {
        let mut breakers = Breakers::default();
        for _ in 0..FAILURES {
            assert_eq!(breakers.state("order", "payment", 0), "closed");
            breakers.record("order", "payment", true, 0);
        }
        assert_eq!(breakers.state("order", "payment", OPEN - 1), "open");
        assert_eq!(breakers.state("gateway", "payment", OPEN - 1), "closed");
        assert_eq!(breakers.state("order", "payment", OPEN), "half-open");
        breakers.record("order", "payment", false, OPEN);
        assert_eq!(breakers.state("order", "payment", OPEN), "closed");
    }
}
