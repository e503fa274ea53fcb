//! Writes the two modules: each has some of a program's functions, and both share memory, tables and globals.

use std::collections::HashMap;
use std::ops::Range;

use anyhow::{Context, Result, anyhow};
use wasm_encoder::reencode::{self, Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, ExportKind, ExportSection,
    FunctionSection, ImportSection, Module, RawSection, SectionId, StartSection,
};
use wasmparser::ExternalKind;

use super::program::Program;

/// Zeros in a row that are worth a new segment of data.
const GAP: usize = 12;
/// The module from which the second part imports: what the first exports.
const FIRST: &str = "";

/// Functions, the imported among them, under the numbers that they have in the new module.
struct Renumbered(HashMap<u32, u32>);

impl Reencode for Renumbered {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error<Self::Error>> {
        self.0.get(&function).copied().ok_or(reencode::Error::UnexpectedNonCoreModuleSection)
    }
}

/// The two modules. `first` and `later` are the functions of each in the order in which they are to stand; `moved` is
/// memory that only the second part reads.
pub fn modules(
    program: &Program<'_>,
    first: &[u32],
    later: &[u32],
    moved: &[Range<u32>],
) -> Result<(Vec<u8>, Vec<u8>)> {
    let imported = 0..program.imported;
    let in_first: Vec<u32> = imported.chain(first.iter().copied()).collect();
    let in_first = numbered(&in_first);
    let mut shared: Vec<u32> = later.iter().flat_map(|function| program.calls(*function)).copied().collect();
    shared.retain(|function| in_first.contains_key(function));
    shared.sort_unstable_by_key(|function| in_first[function]);
    shared.dedup();
    let in_later: Vec<u32> = shared.iter().chain(later).copied().collect();
    let in_later = numbered(&in_later);
    Ok((
        first_part(program, first, &shared, Renumbered(in_first), moved)?,
        later_part(program, later, &shared, Renumbered(in_later), moved)?,
    ))
}

fn numbered(functions: &[u32]) -> HashMap<u32, u32> {
    functions.iter().enumerate().map(|(number, function)| (*function, number as u32)).collect()
}

fn first_part(
    program: &Program<'_>,
    own: &[u32],
    shared: &[u32],
    mut numbers: Renumbered,
    moved: &[Range<u32>],
) -> Result<Vec<u8>> {
    let mut module = Module::new();
    copy(program, &mut module, &[SectionId::Type, SectionId::Import]);
    module.section(&functions(program, own));
    copy(program, &mut module, &[SectionId::Table, SectionId::Memory, SectionId::Global]);
    let mut exports = ExportSection::new();
    for (name, kind, index) in &program.exports {
        let index = if *kind == ExternalKind::Func { numbers.function_index(*index)? } else { *index };
        exports.export(name, RoundtripReencoder.export_kind(*kind)?, index);
    }
    for (name, (kind, index)) in names(program, shared) {
        let index = if kind == ExportKind::Func { numbers.function_index(index)? } else { index };
        exports.export(&name, kind, index);
    }
    module.section(&exports);
    if let Some(start) = program.start {
        module.section(&StartSection { function_index: numbers.function_index(start)? });
    }
    module.section(&elements(program, |function| numbers.0.get(&function).copied()));
    module.section(&code(program, own, &mut numbers)?);
    // What is moved may be written as zeros here: its bytes come after.
    module.section(&data(program, |address| !is_in(moved, address), |_| true));
    Ok(module.finish())
}

fn later_part(
    program: &Program<'_>,
    own: &[u32],
    shared: &[u32],
    mut numbers: Renumbered,
    moved: &[Range<u32>],
) -> Result<Vec<u8>> {
    let mut module = Module::new();
    copy(program, &mut module, &[SectionId::Type]);
    let mut imports = ImportSection::new();
    let (tables, memories, globals) = &program.shape;
    for (name, (kind, index)) in names(program, shared) {
        let at = index as usize;
        let missing = || anyhow!("there is no {kind:?} {at}");
        let entity = match kind {
            ExportKind::Func => wasm_encoder::EntityType::Function(program.types[at]),
            ExportKind::Table => {
                RoundtripReencoder.table_type(*tables.get(at).with_context(missing)?)?.into()
            }
            ExportKind::Memory => {
                RoundtripReencoder.memory_type(*memories.get(at).with_context(missing)?)?.into()
            }
            _ => RoundtripReencoder.global_type(*globals.get(at).with_context(missing)?)?.into(),
        };
        imports.import(FIRST, &name, entity);
    }
    module.section(&imports);
    module.section(&functions(program, own));
    // The imported ones, which have the lowest numbers, are in the table already.
    let own_number = |function| numbers.0.get(&function).copied().filter(|at| *at as usize >= shared.len());
    module.section(&elements(program, own_number));
    module.section(&code(program, own, &mut numbers)?);
    // The first part is running already: none of its memory may be touched.
    let here = |address| is_in(moved, address);
    module.section(&data(program, here, here));
    Ok(module.finish())
}

fn copy(program: &Program<'_>, module: &mut Module, sections: &[SectionId]) {
    for id in sections {
        if let Some(data) = program.sections.get(&(*id as u8)) {
            module.section(&RawSection { id: *id as u8, data });
        }
    }
}

/// What the first part exports to the second, by name: functions, and all tables, memories and globals, so that those
/// have the same numbers in both.
fn names(program: &Program<'_>, shared: &[u32]) -> Vec<(String, (ExportKind, u32))> {
    let (tables, memories, globals) = &program.shape;
    let every = |kind: ExportKind, count: usize| (0..count as u32).map(move |index| (kind, index));
    let all = shared.iter().map(|function| (ExportKind::Func, *function));
    let all = all.chain(every(ExportKind::Table, tables.len()));
    let all = all.chain(every(ExportKind::Memory, memories.len()));
    let all = all.chain(every(ExportKind::Global, globals.len()));
    all.enumerate().map(|(at, what)| (short(at), what)).collect()
}

/// A short name for the `at`-th of something.
fn short(mut at: usize) -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut name = String::new();
    loop {
        name.push(char::from(LETTERS[at % LETTERS.len()]));
        at /= LETTERS.len();
        if at == 0 {
            return name;
        }
        at -= 1;
    }
}

fn functions(program: &Program<'_>, own: &[u32]) -> FunctionSection {
    let mut section = FunctionSection::new();
    for function in own {
        section.function(program.types[*function as usize]);
    }
    section
}

/// The table's places whose functions are here.
fn elements(program: &Program<'_>, number: impl Fn(u32) -> Option<u32>) -> ElementSection {
    let mut slots: Vec<(u32, u32)> =
        program.slots.iter().filter_map(|(slot, function)| Some((*slot, number(*function)?))).collect();
    slots.sort_unstable();
    let mut section = ElementSection::new();
    for run in slots.chunk_by(|one, next| one.0 + 1 == next.0) {
        let functions: Vec<u32> = run.iter().map(|(_, function)| *function).collect();
        let offset = ConstExpr::i32_const(run[0].0.cast_signed());
        section.active(None, &offset, Elements::Functions(functions.into()));
    }
    section
}

fn code(program: &Program<'_>, own: &[u32], numbers: &mut Renumbered) -> Result<CodeSection> {
    let mut section = CodeSection::new();
    for function in own {
        numbers.parse_function_body(&mut section, program.body(*function).clone())?;
    }
    Ok(section)
}

fn is_in(moved: &[Range<u32>], address: u32) -> bool {
    let after = moved.partition_point(|range| range.start <= address);
    moved[..after].last().is_some_and(|range| range.contains(&address))
}

/// What memory holds at the beginning where `here`. It is zero anyway, so longer runs of zeros are left out; shorter
/// ones are written where that is `allowed`.
fn data(program: &Program<'_>, here: impl Fn(u32) -> bool, allowed: impl Fn(u32) -> bool) -> DataSection {
    let mut section = DataSection::new();
    for (begin, bytes) in &program.memory {
        let at = |index: usize| *begin + index as u32;
        let told = |index: &usize| bytes[*index] != 0 && here(at(*index));
        let mut next = 0;
        while let Some(from) = (next..bytes.len()).find(told) {
            let mut to = from + 1;
            while let Some(more) = (to..bytes.len().min(to + GAP)).find(told) {
                if !(to..more).all(|index| allowed(at(index))) {
                    break;
                }
                to = more + 1;
            }
            let piece = (from..to).map(|index| if here(at(index)) { bytes[index] } else { 0 });
            section.active(0, &ConstExpr::i32_const(at(from).cast_signed()), piece);
            next = to;
        }
    }
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_all_different() {
        let names: std::collections::BTreeSet<String> = (0..5000).map(short).collect();
        assert_eq!(names.len(), 5000);
        assert_eq!((short(0), short(51), short(52)), ("a".into(), "Z".into(), "aa".into()));
    }
}
