//! Random bits for the seed of hash tables.

use spandrel::io::random::{random, seed_hashes};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn hashes_are_seeded_with_random_bits_of_the_browser() {
    assert_ne!(random::<8>().expect("bits"), random::<8>().expect("bits"));
    seed_hashes();
    assert!(spandrel_trace::units::are_hashes_seeded());
}
