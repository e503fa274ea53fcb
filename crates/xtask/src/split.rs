//! Splits the viewer's program in two: what the first view needs, and what comes later.
//!
//! Which functions come later is said in the source (`later!`, in the viewer's `src/later.rs`) and worked out here: all
//! that can be reached from outside only through those. What the linker wrote down of the program tells which
//! function or static needs which; the program as it is shipped, bound to its script and optimised, tells who calls
//! whom in the end. Both parts share memory, table and globals; the second fills its places in the
//! table and its part of the memory when it arrives.

mod emit;
mod graph;
mod program;

use std::ops::Range;

use anyhow::{Result, bail};

pub use program::Program;

/// How the compiler mangles the name of what `later!` makes: a function's own name, then its hash.
const MARK: &str = "11comes_later17h";

/// Which functions and which memory belong to which part.
pub struct Plan {
    /// Functions of the first part, ascending.
    pub first: Vec<u32>,
    /// Functions of the second part, ascending.
    pub later: Vec<u32>,
    moved: Vec<Range<u32>>,
}

fn comes_later(name: &str) -> bool {
    let hash = name.split_once(MARK).map(|(_, hash)| hash);
    hash.is_some_and(|hash| hash.len() == 17 && hash.ends_with('E'))
}

/// Works out the parts of `program`, which was made of `linked`.
pub fn plan(linked: &[u8], program: &Program<'_>) -> Result<Plan> {
    let graph = graph::Graph::read(linked)?;
    let exported = program.exports.iter().filter(|(_, kind, _)| *kind == wasmparser::ExternalKind::Func);
    let roots: Vec<u32> = exported.map(|(_, _, function)| *function).chain(program.start).collect();
    let mut more = Vec::new();
    loop {
        let reached = graph.reached(&more, comes_later);
        let needed = program.slots.iter().filter(|(slot, _)| graph.needs_slot(&reached, **slot));
        let called = program.called(roots.iter().copied().chain(needed.map(|(_, function)| *function)));
        let own = program.imported..called.len() as u32;
        let (first, later): (Vec<u32>, Vec<u32>) = own.partition(|function| called[*function as usize]);
        // Whatever looks like the address of a static may be one: better a few bytes too many.
        let before = more.len();
        for number in first.iter().flat_map(|function| program.numbers(*function)) {
            let found = graph.statics_at(*number).filter(|at| !graph.is_static_reached(&reached, *at));
            more.extend(found.collect::<Vec<_>>());
        }
        if more.len() > before {
            more.sort_unstable();
            more.dedup();
            continue;
        }
        if later.is_empty() {
            bail!("nothing comes later: does the viewer still say `later!`?");
        }
        return Ok(Plan { first, later, moved: graph.unreached_memory(&reached) });
    }
}

/// The two modules of `program`, with the functions of each in the order of the plan.
pub fn split(program: &Program<'_>, plan: &Plan) -> Result<(Vec<u8>, Vec<u8>)> {
    emit::modules(program, &plan.first, &plan.later, &plan.moved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;
    use std::{env, fs};

    /// A program with something that comes later: a function behind a vtable, texts, and a call back.
    const SOURCE: &str = r#"
        #![no_std]
        use core::hint::black_box;
        #[panic_handler]
        fn stop(_: &core::panic::PanicInfo) -> ! { loop {} }
        static SOON: [&str; 3] = ["soon", "sooner", "soonest"];
        static LATE: [&str; 3] = ["late", "later in the day", "latest"];
        trait Long { fn long(&self, at: usize) -> usize; }
        struct Words(usize);
        impl Long for Words { fn long(&self, at: usize) -> usize { LATE[(at + self.0) % 3].len() } }
        #[no_mangle]
        pub extern "C" fn now(at: usize) -> usize { SOON[at % 3].len() }
        #[no_mangle]
        pub extern "C" fn then(at: usize) -> usize {
            #[inline(never)]
            fn comes_later(at: usize) -> usize {
                let long: &dyn Long = black_box(&Words(1));
                100 * now(at) + long.long(at)
            }
            black_box(comes_later as fn(usize) -> usize)(at)
        }
    "#;
    const RUN: &str = "
        const [, first, later] = process.argv, read = require('fs').readFileSync;
        (async () => {
            const { instance: { exports: program } } = await WebAssembly.instantiate(read(first));
            const said = [program.now(1)];
            try { said.push(program.then(0)) } catch (error) { said.push(error.constructor.name) }
            await WebAssembly.instantiate(read(later), { '': program });
            console.log(said.concat(program.then(0), program.then(1), program.now(2)).join(' '));
        })();
    ";

    fn folder(name: &str) -> std::path::PathBuf {
        let folder = env::temp_dir().join(format!("xtask-split-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn linked(folder: &std::path::Path, options: &[&str]) -> Vec<u8> {
        let (source, out) = (folder.join("program.rs"), folder.join("program.wasm"));
        fs::write(&source, SOURCE).unwrap();
        let mut rustc = Command::new("rustc");
        rustc.args(["--target", "wasm32-unknown-unknown", "--crate-type", "cdylib", "-O", "-Cpanic=abort"]);
        let status = rustc.args(options).arg("-o").arg(&out).arg(&source).status().unwrap();
        assert!(status.success());
        fs::read(out).unwrap()
    }

    #[test]
    fn a_split_program_does_what_it_did_once_its_second_part_is_there() {
        let folder = folder("runs");
        let linked = linked(&folder, &["-Clink-arg=--emit-relocs"]);
        let program = Program::read(&linked).unwrap();
        let plan = plan(&linked, &program).unwrap();
        let (first, later) = split(&program, &plan).unwrap();
        let has = |wasm: &[u8], text: &str| wasm.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(has(&first, "soonest") && !has(&later, "soonest"));
        assert!(has(&later, "later in the day") && !has(&first, "later in the day"));

        fs::write(folder.join("first.wasm"), first).unwrap();
        fs::write(folder.join("later.wasm"), later).unwrap();
        let node = env::var_os("SPANDREL_NODE").unwrap_or_else(|| "node".into());
        let mut run = Command::new(node);
        run.args(["-e", RUN]).arg(folder.join("first.wasm")).arg(folder.join("later.wasm"));
        let said = run.output().unwrap();
        assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), "6 RuntimeError 416 606 7");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn without_relocations_nothing_is_split() {
        let folder = folder("bare");
        let linked = linked(&folder, &[]);
        let program = Program::read(&linked).unwrap();
        let error = plan(&linked, &program).err().unwrap().to_string();
        assert!(error.contains("without relocations"), "{error}");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn only_the_function_itself_is_a_mark() {
        assert!(comes_later("_ZN8spandrel3app4page11comes_later17h0123456789abcdefE"));
        assert!(!comes_later(
            "_ZN8spandrel3app11comes_later28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE"
        ));
        assert!(!comes_later("_ZN8spandrel3app4page17h0123456789abcdefE"));
    }
}
