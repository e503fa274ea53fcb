//! What is on the shelves: the table that the inventory pretends to keep in a database.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

use serde::{Deserialize, Serialize};

/// What the shop sells: id, name, price in cents, pieces on the shelf after a delivery.
const CATALOGUE: [(&str, &str, i64, u32); 5] = [
    ("item-1", "Widget", 2999, 112),
    ("item-2", "Bolt, box of 50", 450, 60),
    ("item-3", "Bracket", 1250, 48),
    ("item-4", "Ball bearing", 825, 9),
    ("item-5", "Drive belt", 1799, 24),
];
/// What an item that nobody has asked for before has on its shelf.
const UNKNOWN_ON_HAND: u32 = 100;
/// A shelf with fewer pieces than this is filled again, so that a long demonstration does not sell out.
const LOW: u32 = 5;
/// How many items and how many open reservations are kept.
const KEPT: usize = 10_000;

/// One item that can be ordered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Product {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Of one piece, in whole currency units.
    pub(crate) price: f64,
    pub(crate) in_stock: u32,
}

/// Some pieces of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) quantity: u32,
}

/// Why pieces cannot be set aside.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Short {
    /// The line at `index` asks for more than there is.
    #[error("Only {on_hand} of {id} in stock.")]
    Few { index: usize, id: String, on_hand: u32 },
    /// No room for another item.
    #[error("{id} is not for sale.")]
    Unknown { index: usize, id: String },
}

struct Shelf {
    name: String,
    cents: i64,
    on_hand: u32,
    full: u32,
}

#[derive(Default)]
struct Tables {
    shelves: BTreeMap<String, Shelf>,
    reservations: HashMap<String, Vec<Line>>,
    oldest: VecDeque<String>,
}

/// The shelves and what has been set aside from them.
pub(crate) struct Stock {
    tables: Mutex<Tables>,
}

impl Stock {
    pub(crate) fn new() -> Self {
        let shelf = |(id, name, cents, full): (&str, &str, i64, u32)| {
            let shelf = Shelf { name: name.into(), cents, on_hand: full, full };
            (id.to_owned(), shelf)
        };
        let tables = Tables { shelves: CATALOGUE.into_iter().map(shelf).collect(), ..Tables::default() };
        Self { tables: Mutex::new(tables) }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        match self.tables.lock() {
            Ok(tables) => tables,
            Err(poisoned) => poisoned.into_inner(),
        }
    }

    /// The catalogue, ordered by id.
    pub(crate) fn products(&self) -> Vec<Product> {
        let tables = self.tables();
        CATALOGUE
            .iter()
            .filter_map(|(id, ..)| {
                let shelf = tables.shelves.get(*id)?;
                Some(Product {
                    id: (*id).into(),
                    name: shelf.name.clone(),
                    price: crate::order_form::units(shelf.cents),
                    in_stock: shelf.on_hand,
                })
            })
            .collect()
    }

    /// How many of these items there are shelves for.
    pub(crate) fn known(&self, lines: &[Line]) -> usize {
        let tables = self.tables();
        lines.iter().filter(|line| tables.shelves.contains_key(&line.id)).count()
    }

    /// Sets all lines aside or none. Gives the items whose shelves were filled again afterwards.
    pub(crate) fn reserve(&self, reservation: &str, lines: &[Line]) -> Result<Vec<String>, Short> {
        let mut tables = self.tables();
        for (index, line) in lines.iter().enumerate() {
            if !tables.shelves.contains_key(&line.id) {
                if tables.shelves.len() >= KEPT {
                    let id = line.id.clone();
                    return Err(Short::Unknown { index, id });
                }
                let shelf = Shelf {
                    name: line.id.clone(),
                    cents: 0,
                    on_hand: UNKNOWN_ON_HAND,
                    full: UNKNOWN_ON_HAND,
                };
                tables.shelves.insert(line.id.clone(), shelf);
            }
        }
        // The same item may stand in several lines: what the earlier ones take is gone for the later.
        let mut taken: HashMap<&str, u32> = HashMap::new();
        for (index, line) in lines.iter().enumerate() {
            let on_hand = tables.shelves.get(&line.id).map_or(0, |s| s.on_hand);
            let sum = taken.entry(&line.id).or_default();
            *sum = sum.saturating_add(line.quantity);
            if *sum > on_hand {
                let id = line.id.clone();
                return Err(Short::Few { index, id, on_hand });
            }
        }
        let mut filled = Vec::new();
        for (id, quantity) in taken {
            if let Some(shelf) = tables.shelves.get_mut(id) {
                shelf.on_hand -= quantity;
                if shelf.on_hand < LOW {
                    shelf.on_hand = shelf.full;
                    filled.push(id.to_owned());
                }
            }
        }
        filled.sort();
        if tables.oldest.len() >= KEPT
            && let Some(oldest) = tables.oldest.pop_front()
        {
            tables.reservations.remove(&oldest);
        }
        tables.oldest.push_back(reservation.into());
        tables.reservations.insert(reservation.into(), lines.into());
        Ok(filled)
    }

    /// Puts the pieces back; `false` where there is no such reservation.
    pub(crate) fn release(&self, reservation: &str) -> bool {
        let mut tables = self.tables();
        let Some(lines) = tables.reservations.remove(reservation) else {
            return false;
        };
        tables.oldest.retain(|id| id != reservation);
        for line in lines {
            if let Some(shelf) = tables.shelves.get_mut(&line.id) {
                shelf.on_hand = shelf.on_hand.saturating_add(line.quantity).min(shelf.full);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, quantity: u32) -> Line {
        let id = id.into();
        Line { id, quantity }
    }

    fn on_hand(stock: &Stock, id: &str) -> u32 {
        let products = stock.products();
        products.iter().find(|p| p.id == id).unwrap().in_stock
    }

    #[test]
    fn all_lines_are_taken_or_none() {
        let stock = Stock::new();
        let lines = [line("item-1", 2), line("item-4", 10)];
        let short = stock.reserve("r", &lines).unwrap_err();
        assert_eq!(short.to_string(), "Only 9 of item-4 in stock.");
        assert_eq!(on_hand(&stock, "item-1"), 112);
        stock.reserve("r", &lines[..1]).unwrap();
        assert_eq!(on_hand(&stock, "item-1"), 110);
    }

    #[test]
    fn an_item_in_two_lines_is_counted_once_together() {
        let stock = Stock::new();
        let lines = [line("item-4", 5), line("item-4", 5)];
        assert!(matches!(stock.reserve("r", &lines), Err(Short::Few { index: 1, .. })));
    }

    #[test]
    fn what_is_released_is_back_once() {
        let stock = Stock::new();
        stock.reserve("r", &[line("item-1", 12)]).unwrap();
        assert_eq!(on_hand(&stock, "item-1"), 100);
        assert!(stock.release("r"));
        assert!(!stock.release("r"));
        assert_eq!(on_hand(&stock, "item-1"), 112);
    }

    #[test]
    fn a_low_shelf_is_filled_again() {
        let stock = Stock::new();
        let filled = stock.reserve("r", &[line("item-4", 5)]).unwrap();
        assert_eq!(filled, ["item-4"]);
        assert_eq!(on_hand(&stock, "item-4"), 9);
    }
}
