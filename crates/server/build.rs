//! Tells the feature `embedded-viewer` where the built viewer lies: `$SPANDREL_DIST`, else `dist/` of the repository.

use std::path::PathBuf;

fn main() {
    println!("cargo:rerun-if-env-changed=SPANDREL_DIST");
    if std::env::var_os("CARGO_FEATURE_EMBEDDED_VIEWER").is_none() {
        return;
    }
    let manifest = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let dist = std::env::var_os("SPANDREL_DIST").map_or_else(|| manifest.join("../../dist"), PathBuf::from);
    println!("cargo:rerun-if-changed={}", dist.display());
    println!("cargo:rustc-env=SPANDREL_DIST_AT_BUILD={}", dist.display());
}
