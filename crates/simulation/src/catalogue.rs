//! What can be ordered, as the real inventory has it at first.

/// An item of the catalogue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CatalogueItem {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) price: f64,
    pub(crate) currency: &'static str,
    pub(crate) in_stock: i64,
}

const fn item(id: &'static str, name: &'static str, price: f64, in_stock: i64) -> CatalogueItem {
    CatalogueItem { id, name, price, currency: "USD", in_stock }
}

/// What can be ordered.
pub(crate) const CATALOGUE: [CatalogueItem; 5] = [
    item("item-1", "Widget", 29.99, 112),
    item("item-2", "Bolt, box of 50", 4.5, 60),
    item("item-3", "Bracket", 12.5, 48),
    item("item-4", "Ball bearing", 8.25, 9),
    item("item-5", "Drive belt", 17.99, 24),
];
