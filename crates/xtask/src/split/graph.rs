//! Which function and which static of a linked program needs which others, as the linker wrote it down.
//!
//! `wasm-ld --emit-relocs` keeps the symbols and every place that names one. A program's code alone says neither which
//! constants are addresses nor which numbers in its data stand for functions; the relocations say both. The format
//! is [Linking.md](https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md) of the tool conventions.

use std::collections::HashMap;
use std::ops::Range;

use anyhow::{Context, Result, bail};
use wasmparser::{
    DataKind, ElementItems, ElementKind, ExternalKind, KnownCustom, Linking, Operator, Parser, Payload,
    RelocationEntry, RelocationType, SymbolInfo, TypeRef,
};

/// What the linker knew. Nodes are functions, by their index in the linked program, and after them statics.
pub struct Graph {
    /// Names of functions as the compiler mangled them, the imported first; empty where there is none.
    names: Vec<String>,
    /// Where statics lie in memory, ascending.
    statics: Vec<Range<u32>>,
    needs: Vec<Vec<u32>>,
    roots: Vec<u32>,
    /// Functions by their place in the table.
    slots: HashMap<u32, u32>,
}

/// What can be reached from outside.
pub struct Reached(Vec<bool>);

/// Sections of a linked program, as far as the graph needs them.
#[derive(Default)]
struct Linked<'a> {
    imported: u32,
    code: usize,
    bodies: Vec<Range<usize>>,
    data: usize,
    /// Where a segment's bytes lie in the file, and where in memory.
    segments: Vec<(Range<usize>, u32)>,
    symbols: Vec<SymbolInfo<'a>>,
    in_code: Vec<RelocationEntry>,
    in_data: Vec<RelocationEntry>,
    exports: Vec<u32>,
    slots: HashMap<u32, u32>,
}

/// The number in a constant expression.
pub fn offset(expression: &wasmparser::ConstExpr<'_>) -> Result<u32> {
    match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => Ok(value.cast_unsigned()),
        other => bail!("an address that is no constant: {other:?}"),
    }
}

/// The functions of a program's table by their place in it.
pub fn slots(section: wasmparser::ElementSectionReader<'_>) -> Result<HashMap<u32, u32>> {
    let mut slots = HashMap::new();
    for element in section {
        let element = element?;
        let ElementKind::Active { table_index: None | Some(0), offset_expr } = element.kind else {
            bail!("elements that are not simply in the table");
        };
        let ElementItems::Functions(functions) = element.items else {
            bail!("elements that are no functions");
        };
        let begin = offset(&offset_expr)?;
        for (at, function) in functions.into_iter().enumerate() {
            slots.insert(begin + at as u32, function?);
        }
    }
    Ok(slots)
}

impl<'a> Linked<'a> {
    fn read(wasm: &'a [u8]) -> Result<Self> {
        let mut linked = Linked::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        linked.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        // Descriptions are read and taken away when the program is bound to its script.
                        let described = export.name.starts_with("__wbindgen_describe");
                        if export.kind == ExternalKind::Func && !described {
                            linked.exports.push(export.index);
                        }
                    }
                }
                Payload::StartSection { func, .. } => linked.exports.push(func),
                Payload::ElementSection(section) => linked.slots = slots(section)?,
                Payload::CodeSectionStart { range, .. } => linked.code = range.start,
                Payload::CodeSectionEntry(body) => linked.bodies.push(body.range()),
                Payload::DataSection(section) => {
                    linked.data = section.range().start;
                    for segment in section {
                        let segment = segment?;
                        let DataKind::Active { offset_expr, .. } = &segment.kind else {
                            bail!("data that lies nowhere");
                        };
                        let end = segment.range.end;
                        linked.segments.push((end - segment.data.len()..end, offset(offset_expr)?));
                    }
                }
                Payload::CustomSection(section) => match section.as_known() {
                    KnownCustom::Linking(parts) => {
                        for part in parts {
                            if let Linking::SymbolTable(symbols) = part? {
                                linked.symbols = symbols.into_iter().collect::<Result<_, _>>()?;
                            }
                        }
                    }
                    KnownCustom::Reloc(list) => {
                        let places = match section.name() {
                            "reloc.CODE" => &mut linked.in_code,
                            "reloc.DATA" => &mut linked.in_data,
                            _ => continue,
                        };
                        *places = list.entries().into_iter().collect::<Result<_, _>>()?;
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        Ok(linked)
    }

    fn place(&self, symbol: &SymbolInfo<'_>) -> Option<Range<u32>> {
        let SymbolInfo::Data { symbol: Some(place), .. } = symbol else { return None };
        let begin = self.segments.get(place.index as usize)?.1 + place.offset;
        Some(begin..begin + place.size)
    }
}

impl Graph {
    /// Reads what the linker wrote down.
    pub fn read(wasm: &[u8]) -> Result<Self> {
        let linked = Linked::read(wasm)?;
        if linked.symbols.is_empty() || linked.in_code.is_empty() {
            bail!("the program was linked without relocations");
        }
        let functions = linked.imported as usize + linked.bodies.len();
        let mut statics: Vec<Range<u32>> =
            linked.symbols.iter().filter_map(|symbol| linked.place(symbol)).collect();
        statics.sort_by_key(|range| (range.start, range.end));
        statics.dedup();
        let mut names = vec![String::new(); functions];
        let mut nodes = Vec::with_capacity(linked.symbols.len());
        for symbol in &linked.symbols {
            nodes.push(match symbol {
                SymbolInfo::Func { index, name, .. } => {
                    if let (Some(kept), Some(name)) = (names.get_mut(*index as usize), name) {
                        (*name).clone_into(kept);
                    }
                    Some(*index)
                }
                _ => linked.place(symbol).and_then(|place| {
                    let key = (place.start, place.end);
                    let at = statics.binary_search_by_key(&key, |range| (range.start, range.end)).ok()?;
                    Some((functions + at) as u32)
                }),
            });
        }
        let mut needs = vec![Vec::new(); functions + statics.len()];
        for entry in &linked.in_code {
            let at = linked.code + entry.offset as usize;
            let body = linked.bodies.partition_point(|body| body.end <= at);
            Self::note(&mut needs[linked.imported as usize + body], entry, &nodes);
        }
        for entry in &linked.in_data {
            let at = linked.data + entry.offset as usize;
            let segment = linked.segments.iter().find(|(bytes, _)| bytes.contains(&at));
            let (bytes, begin) = segment.context("a relocation outside of all data")?;
            let address = begin + (at - bytes.start) as u32;
            // Statics may lie within each other.
            let after = statics.partition_point(|range| range.start <= address);
            for (at, range) in statics.iter().enumerate().take(after).rev().take(8) {
                if range.contains(&address) {
                    Self::note(&mut needs[functions + at], entry, &nodes);
                }
            }
        }
        let mut roots = linked.exports;
        // What runs the script's closures is exported only when the program is bound to the script.
        let invokes = |name: &str| name.contains("7convert8closures") && name.contains("6invoke");
        roots.extend((0..functions as u32).filter(|function| invokes(&names[*function as usize])));
        Ok(Graph { names, statics, needs, roots, slots: linked.slots })
    }

    fn note(needs: &mut Vec<u32>, entry: &RelocationEntry, nodes: &[Option<u32>]) {
        use RelocationType as Kind;
        if !matches!(entry.ty, Kind::TypeIndexLeb | Kind::GlobalIndexLeb | Kind::TableNumberLeb) {
            needs.extend(nodes.get(entry.index as usize).copied().flatten());
        }
    }

    /// What can be reached from outside and from `more` statics, but not through functions of which `cut` says by their
    /// mangled names that they come later.
    pub fn reached(&self, more: &[usize], cut: impl Fn(&str) -> bool) -> Reached {
        let mut reached = vec![false; self.needs.len()];
        let mut open: Vec<u32> = self.roots.clone();
        open.extend(more.iter().map(|at| (self.names.len() + at) as u32));
        while let Some(node) = open.pop() {
            let comes_later = self.names.get(node as usize).is_some_and(|name| cut(name));
            if !comes_later && !std::mem::replace(&mut reached[node as usize], true) {
                open.extend(&self.needs[node as usize]);
            }
        }
        Reached(reached)
    }

    /// Whether the table's place has to be filled for what is reached. Places that the linker did not know have.
    pub fn needs_slot(&self, reached: &Reached, slot: u32) -> bool {
        self.slots.get(&slot).is_none_or(|function| reached.0[*function as usize])
    }

    /// The statics that a number may be the address of.
    pub fn statics_at(&self, address: u32) -> impl Iterator<Item = usize> {
        let after = self.statics.partition_point(|range| range.start <= address);
        let near = after.saturating_sub(8)..after;
        near.filter(move |at| self.statics[*at].contains(&address) || self.statics[*at].start == address)
    }

    /// Whether a static is reached.
    pub fn is_static_reached(&self, reached: &Reached, at: usize) -> bool {
        reached.0[self.names.len() + at]
    }

    /// Where statics lie that are not reached, without what reached ones share with them.
    pub fn unreached_memory(&self, reached: &Reached) -> Vec<Range<u32>> {
        let by = |yes: bool| {
            let statics = self.statics.iter().enumerate();
            statics.filter(move |(at, _)| self.is_static_reached(reached, *at) == yes).map(|(_, range)| range)
        };
        let needed: Vec<&Range<u32>> = by(true).collect();
        let shared = |range: &Range<u32>| {
            needed.iter().any(|needed| needed.start < range.end && range.start < needed.end)
        };
        by(false).filter(|range| !shared(range)).cloned().collect()
    }
}
