//! Makes the viewer's wasm small: wasm-opt, two parts, functions in an order that packs well, short names towards the
//! script.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::split::{self, Program};

/// wasm-opt for size: what travels counts more than the last per cent of speed.
const OPTIMISE: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-simd",
    // The lowest 1024 bytes are the far end of the stack, so an address that wraps round to them is none.
    "--low-memory-unused",
    // Functions that are called once are often alike; side by side they pack better than inlined here and there.
    "--one-caller-inline-max-function-size=0",
    "-Oz",
    "--minify-imports",
];
/// Bits of what is remembered of a function's code, and how many bytes of code make one bit.
const BITS: usize = 4096;
const STEP: usize = 5;
/// How many functions before count as being near.
const NEAR: usize = 6;

/// The program as it is shipped.
pub struct Shrunk {
    /// What the first view needs.
    pub first: Vec<u8>,
    /// What comes later.
    pub later: Vec<u8>,
    /// The script around it, which knows what the wasm imports from it by other names now.
    pub script: String,
}

/// Shrinks the program and splits it. `linked` is what the linker made, `wasm` and `script` are what that was bound to.
/// `folder` is for files in between.
pub fn shrink(wasm_opt: &Command, linked: &[u8], wasm: &[u8], script: &str, folder: &Path) -> Result<Shrunk> {
    fs::create_dir_all(folder)?;
    let (before, after) = (folder.join("in.wasm"), folder.join("out.wasm"));
    fs::write(&before, wasm)?;
    let mut command = Command::new(wasm_opt.get_program());
    command.args(wasm_opt.get_args()).arg(&before).args(OPTIMISE).arg("-o").arg(&after);
    let output = command.output().context("wasm-opt cannot be run")?;
    if !output.status.success() {
        bail!("wasm-opt failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let wasm = fs::read(&after)?;
    let program = Program::read(&wasm)?;
    let mut plan = split::plan(linked, &program)?;
    for part in [&mut plan.first, &mut plan.later] {
        let bodies: Vec<&[u8]> = part.iter().map(|function| program.body(*function).as_bytes()).collect();
        *part = by_likeness(&bodies).into_iter().map(|at| part[at]).collect();
    }
    let (first, later) = split::split(&program, &plan)?;
    Ok(Shrunk { first, later, script: renamed(script, &output.stdout)? })
}

/// An order in which like stands by like: gzip looks back 32 KB, and finds the more the nearer what is alike stands.
/// Each next function is the one most like the one before it and the few before that.
fn by_likeness(bodies: &[&[u8]]) -> Vec<usize> {
    type Marks = [u64; BITS / 64];
    let common = |one: &Marks, other: &Marks| -> u32 {
        one.iter().zip(other).map(|(one, other)| (one & other).count_ones()).sum()
    };
    let marks: Vec<Marks> = bodies.iter().map(|body| marks(body)).collect();
    let sizes: Vec<u32> = marks.iter().map(|marks| common(marks, marks)).collect();
    let mut left: Vec<usize> = (0..bodies.len()).collect();
    let mut order = Vec::with_capacity(bodies.len());
    let mut next = 0;
    while !left.is_empty() {
        let last = left.remove(next);
        order.push(last);
        let mut near: Marks = [0; BITS / 64];
        for function in order.iter().rev().take(NEAR) {
            near.iter_mut().zip(&marks[*function]).for_each(|(near, mark)| *near |= mark);
        }
        let likeness = |function: usize| {
            let with_last = common(&marks[function], &marks[last]);
            let of_both = sizes[function] + sizes[last] - with_last + 1;
            let with_near = common(&marks[function], &near);
            f64::from(with_last) / f64::from(of_both)
                + 0.5 * f64::from(with_near) / f64::from(sizes[function] + 8)
        };
        let mut most = f64::NEG_INFINITY;
        for (at, function) in left.iter().enumerate() {
            let likeness = likeness(*function);
            if likeness > most {
                (most, next) = (likeness, at);
            }
        }
    }
    order
}

/// Which short pieces of code are in a function: a bit for each, by a hash (FNV-1a).
fn marks(body: &[u8]) -> [u64; BITS / 64] {
    let mut marks = [0; BITS / 64];
    for piece in body.windows(STEP) {
        let hash = piece.iter().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
        });
        let bit = (hash >> 20) as usize % BITS;
        marks[bit / 64] |= 1 << (bit % 64);
    }
    marks
}

/// The script with the names that wasm-opt gave to what the wasm imports.
fn renamed(script: &str, names: &[u8]) -> Result<String> {
    #[derive(serde::Deserialize)]
    struct Names {
        imports: Vec<(String, String, String)>,
    }
    let names: Names = serde_json::from_slice(names).context("wasm-opt did not say which names it gave")?;
    let mut given: HashMap<&str, &str> = HashMap::new();
    for (_, old, new) in &names.imports {
        given.insert(old, new);
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let mut out = String::with_capacity(script.len());
    let mut rest = script;
    let mut found = 0;
    while let Some(begin) = rest.find("__wb") {
        let (before, from) = rest.split_at(begin);
        let word = &from[..from.find(|c| !is_part(c)).unwrap_or(from.len())];
        let whole = !before.ends_with(is_part);
        out.push_str(before);
        match given.get(word).filter(|_| whole && from[word.len()..].starts_with([':', '('])) {
            Some(new) if !before.ends_with('.') => {
                found += 1;
                out.push_str(new);
            }
            _ => out.push_str(word),
        }
        rest = &from[word.len()..];
    }
    out.push_str(rest);
    if found != given.len() {
        bail!("the script has {found} of the {} things that the wasm imports from it", given.len());
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_stands_together() {
        let (one, other): (Vec<u8>, Vec<u8>) = ((0..120).collect(), (120..240).rev().collect());
        let mut like_one = one.clone();
        like_one[60] = 255;
        assert_eq!(by_likeness(&[&one, &other, &like_one, &other[..100]]), [0, 2, 1, 3]);
        assert!(by_likeness(&[]).is_empty());
    }

    #[test]
    fn imports_are_renamed_on_both_sides_or_not_at_all() {
        let script = "let a={__wbg_set_1a:function(){wasm.__wbg_set_1a()},__wbg_set_1ab(e){}};__wbindgen_x";
        let names = r#"{"imports":[["m","__wbg_set_1a","a"],["m","__wbg_set_1ab","b"]],"exports":[]}"#;
        let renamed_script = renamed(script, names.as_bytes()).unwrap();
        assert_eq!(renamed_script, "let a={a:function(){wasm.__wbg_set_1a()},b(e){}};__wbindgen_x");
        let missing = r#"{"imports":[["m","__wbg_none","a"]]}"#;
        assert!(renamed(script, missing.as_bytes()).is_err());
    }
}
