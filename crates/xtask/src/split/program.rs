//! A bound and optimised program as it is split: its parts, and what each function names.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use wasmparser::{
    DataKind, ExternalKind, FunctionBody, GlobalType, MemoryType, Operator, Parser, Payload, TableType,
    TypeRef,
};

use super::graph;

/// A program.
#[derive(Default)]
pub struct Program<'a> {
    /// Sections that both parts have as they are, by their ids.
    pub sections: HashMap<u8, &'a [u8]>,
    /// The types of all functions, the imported first.
    pub types: Vec<u32>,
    /// How many functions are imported.
    pub imported: u32,
    /// Its own functions.
    bodies: Vec<FunctionBody<'a>>,
    /// Names, kinds and numbers of what is exported.
    pub exports: Vec<(&'a str, ExternalKind, u32)>,
    /// The function that is run at once.
    pub start: Option<u32>,
    /// Functions by their place in the table.
    pub slots: HashMap<u32, u32>,
    /// What memory holds at the beginning, by address.
    pub memory: Vec<(u32, &'a [u8])>,
    /// Tables, memories and globals.
    pub shape: (Vec<TableType>, Vec<MemoryType>, Vec<GlobalType>),
    /// What each own function calls, and the numbers in it that may be addresses.
    named: Vec<(Vec<u32>, Vec<u32>)>,
}

impl<'a> Program<'a> {
    /// Reads a program.
    pub fn read(wasm: &'a [u8]) -> Result<Self> {
        let mut program = Program::default();
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            if let Some((id, range)) = payload.as_section() {
                program.sections.insert(id, wasm.get(range).context("a section beyond the end")?);
            }
            match payload {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        match import?.ty {
                            TypeRef::Func(kind) => program.types.push(kind),
                            other => bail!("an import that is no function: {other:?}"),
                        }
                    }
                    program.imported = program.types.len() as u32;
                }
                Payload::FunctionSection(section) => {
                    for kind in section {
                        program.types.push(kind?);
                    }
                }
                Payload::TableSection(section) => {
                    for table in section {
                        program.shape.0.push(table?.ty);
                    }
                }
                Payload::MemorySection(section) => {
                    program.shape.1 = section.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        program.shape.2.push(global?.ty);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        program.exports.push((export.name, export.kind, export.index));
                    }
                }
                Payload::StartSection { func, .. } => program.start = Some(func),
                Payload::ElementSection(section) => program.slots = graph::slots(section)?,
                Payload::CodeSectionEntry(body) => {
                    program.named.push(named(&body)?);
                    program.bodies.push(body);
                }
                Payload::DataSection(section) => {
                    for segment in section {
                        let segment = segment?;
                        let DataKind::Active { offset_expr, .. } = &segment.kind else {
                            bail!("data that lies nowhere");
                        };
                        program.memory.push((graph::offset(offset_expr)?, segment.data));
                    }
                }
                Payload::TagSection(_) => bail!("the program throws"),
                _ => {}
            }
        }
        Ok(program)
    }

    /// A function of its own.
    pub fn body(&self, function: u32) -> &FunctionBody<'a> {
        &self.bodies[(function - self.imported) as usize]
    }

    /// The functions that a function calls.
    pub fn calls(&self, function: u32) -> &[u32] {
        self.own(function).map_or(&[], |(calls, _)| calls)
    }

    /// The numbers in a function that may be addresses.
    pub fn numbers(&self, function: u32) -> &[u32] {
        self.own(function).map_or(&[], |(_, numbers)| numbers)
    }

    fn own(&self, function: u32) -> Option<&(Vec<u32>, Vec<u32>)> {
        self.named.get(function.checked_sub(self.imported)? as usize)
    }

    /// The functions that can be reached from `roots` by calls, imported ones among them.
    pub fn called(&self, roots: impl IntoIterator<Item = u32>) -> Vec<bool> {
        let mut called = vec![false; self.types.len()];
        let mut open: Vec<u32> = roots.into_iter().collect();
        while let Some(function) = open.pop() {
            if !std::mem::replace(&mut called[function as usize], true) {
                open.extend(self.calls(function));
            }
        }
        called
    }
}

fn named(body: &FunctionBody<'_>) -> Result<(Vec<u32>, Vec<u32>)> {
    let (mut calls, mut numbers) = (Vec::new(), Vec::new());
    for operator in body.get_operators_reader()? {
        match operator? {
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                calls.push(function_index);
            }
            Operator::RefFunc { function_index } => calls.push(function_index),
            Operator::I32Const { value } => numbers.push(value.cast_unsigned()),
            Operator::I64Const { value } => {
                let bits = value.cast_unsigned();
                numbers.extend([bits as u32, (bits >> 32) as u32]);
            }
            other @ (Operator::MemoryInit { .. }
            | Operator::DataDrop { .. }
            | Operator::TableInit { .. }
            | Operator::ElemDrop { .. }) => bail!("{other:?} cannot be split"),
            other => numbers.extend(address_of(&other)),
        }
    }
    Ok((calls, numbers))
}

/// The address in a load or a store: an array's begin, where the rest of the address is worked out.
fn address_of(operator: &Operator<'_>) -> Option<u32> {
    macro_rules! address {
        ($($name:ident)*) => {
            match operator {
                $(Operator::$name { memarg, .. })|* => Some(memarg.offset as u32),
                _ => None,
            }
        };
    }
    address!(
        I32Load I64Load F32Load F64Load I32Load8S I32Load8U I32Load16S I32Load16U I64Load8S I64Load8U I64Load16S
        I64Load16U I64Load32S I64Load32U I32Store I64Store F32Store F64Store I32Store8 I32Store16 I64Store8
        I64Store16 I64Store32 V128Load V128Load8x8S V128Load8x8U V128Load16x4S V128Load16x4U V128Load32x2S
        V128Load32x2U V128Load8Splat V128Load16Splat V128Load32Splat V128Load64Splat V128Load32Zero
        V128Load64Zero V128Store V128Load8Lane V128Load16Lane V128Load32Lane V128Load64Lane V128Store8Lane
        V128Store16Lane V128Store32Lane V128Store64Lane
    )
}
