//! Asks the linker to keep relocations where the program is going to be divided into parts: they say which functions and data
//! each function uses.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_SPLIT").is_some() {
        println!("cargo::rustc-link-arg-bins=--emit-relocs");
    }
}
