//! Makes the viewer's wasm small: wasm-opt, functions in an order that packs well, short names towards the script.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use wasm_encoder::{CustomSection, NameMap, NameSection};
use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef};

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
];
/// What is done last, where the functions' names say their order.
const FINISH: &[&str] =
    &["--reorder-functions-by-name", "--strip-producers", "--strip-target-features", "--minify-imports"];
/// Bits of what is remembered of a function's code, and how many bytes of code make one bit.
const BITS: usize = 4096;
const STEP: usize = 5;
/// How many functions before count as being near.
const NEAR: usize = 6;

/// Shrinks the wasm, and renames in `script` what the wasm imports from it. `folder` is for files in between.
pub fn shrink(wasm_opt: &Command, wasm: &[u8], script: &str, folder: &Path) -> Result<(Vec<u8>, String)> {
    fs::create_dir_all(folder)?;
    let (before, after) = (folder.join("in.wasm"), folder.join("out.wasm"));
    let run = |wasm: &[u8], options: &[&str]| -> Result<(Vec<u8>, Vec<u8>)> {
        fs::write(&before, wasm)?;
        let mut command = Command::new(wasm_opt.get_program());
        command.args(wasm_opt.get_args()).arg(&before).args(OPTIMISE).args(options).arg("-o").arg(&after);
        let output = command.output().context("wasm-opt cannot be run")?;
        if !output.status.success() {
            bail!("wasm-opt failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok((fs::read(&after)?, output.stdout))
    };
    // Which functions are alike shows only in the result, and the order has to be known while it is made: so twice.
    let (draft, _) = run(wasm, &["-g"])?;
    let draft = functions(&draft)?;
    let bodies: Vec<&[u8]> = draft.iter().map(|function| &*function.body).collect();
    let order = by_likeness(&bodies);
    let places: HashMap<&str, usize> =
        order.iter().enumerate().map(|(place, function)| (draft[*function].name.as_str(), place)).collect();
    let (wasm, names) = run(&named_by_place(wasm, &places)?, FINISH)?;
    Ok((wasm, renamed(script, &names)?))
}

/// A function of a module.
struct Function {
    index: u32,
    name: String,
    body: Vec<u8>,
}

/// A module's own functions.
fn functions(wasm: &[u8]) -> Result<Vec<Function>> {
    let mut imported = 0;
    let mut functions = Vec::new();
    let mut names = HashMap::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => functions.push(Function {
                index: imported + functions.len() as u32,
                name: String::new(),
                body: body.as_bytes().to_vec(),
            }),
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(section) = section.as_known() {
                    for part in section {
                        if let Name::Function(map) = part? {
                            for naming in map {
                                let naming = naming?;
                                names.insert(naming.index, naming.name.to_owned());
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }
    for function in &mut functions {
        function.name = names.remove(&function.index).unwrap_or_default();
    }
    Ok(functions)
}

/// The module with functions named by their place, so that sorting by name puts them there.
fn named_by_place(wasm: &[u8], places: &HashMap<&str, usize>) -> Result<Vec<u8>> {
    let mut map = NameMap::new();
    for function in functions(wasm)? {
        // What the draft inlined away or merged has no place; it comes last if it comes at all.
        let place = places.get(function.name.as_str()).copied().unwrap_or(usize::MAX >> 16);
        map.append(function.index, &format!("{place:020}"));
    }
    let mut names = NameSection::new();
    names.functions(&map);
    let mut out = wasm.get(..8).context("this is no wasm")?.to_vec();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if matches!(&payload, Payload::CustomSection(section) if section.name() == "name") {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            wasm_encoder::Section::append_to(&wasm_encoder::RawSection { id, data: &wasm[range] }, &mut out);
        }
    }
    let names: CustomSection<'_> = names.as_custom();
    wasm_encoder::Section::append_to(&names, &mut out);
    Ok(out)
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

    #[test]
    fn a_module_keeps_its_code_and_gets_the_names_of_places() {
        use wasm_encoder::{CodeSection, Function as Code, FunctionSection, Module, TypeSection};
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut list = FunctionSection::new();
        list.function(0).function(0);
        let mut code = CodeSection::new();
        for _ in 0..2 {
            let mut body = Code::new([]);
            body.instructions().end();
            code.function(&body);
        }
        let mut names = NameSection::new();
        let mut map = NameMap::new();
        map.append(0, "first");
        map.append(1, "second");
        names.functions(&map);
        module.section(&types).section(&list).section(&code).section(&names);
        let named = named_by_place(&module.finish(), &HashMap::from([("first", 1), ("second", 0)])).unwrap();
        let found = functions(&named).unwrap();
        let names: Vec<u64> = found.iter().map(|function| function.name.parse().unwrap()).collect();
        assert_eq!(names, [1, 0]);
        assert_eq!(found[0].body, [0, 0x0b]);
    }
}
