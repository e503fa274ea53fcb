//! Random bits for the seed of hash tables.

use spandrel::io::random::{random_bits, seed_hashes};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn hashes_are_seeded_with_random_bits_of_the_browser() {
    assert_ne!(random_bits().expect("bits"), random_bits().expect("bits"));
    seed_hashes();
    assert!(spandrel_trace::units::are_hashes_seeded());
}
