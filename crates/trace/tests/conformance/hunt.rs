//! Inputs that were once read wrongly or not at all (`fixtures/hunt`), each with what it has to come to.

use crate::dump::compare_whole;
use crate::{gzip, read, read_chunks};
use spandrel_trace::testing::{OddInput, odd_inputs, odd_inputs_folder, spans_as_text, warnings_of};

fn inputs() -> Vec<(OddInput, Vec<u8>)> {
    let folder = odd_inputs_folder();
    let table = std::fs::read_to_string(folder.join("table.tsv")).unwrap();
    let inputs: Vec<_> = odd_inputs(&table)
        .into_iter()
        .map(|input| {
            let bytes = std::fs::read(folder.join(&input.file)).unwrap();
            (input, bytes)
        })
        .collect();
    let files = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(inputs.len() + 1, files, "every file is in the table");
    inputs
}

/// What is wrong with how an input was read.
fn check(input: &OddInput, bytes: &[u8]) -> Result<(), String> {
    let opened = read(bytes).map_err(|error| error.to_string())?;
    let warnings = warnings_of(&opened);
    match &input.warning {
        Some(part) if !warnings.iter().any(|warning| warning.contains(part)) => {
            return Err(format!("no warning says {part:?}: {warnings:?}"));
        }
        None if !warnings.is_empty() => return Err(format!("warns: {warnings:?}")),
        _ => {}
    }
    match compare_whole(&format!("hunt/{}", input.file), &spans_as_text(&opened)) {
        Some(difference) => Err(difference),
        None => Ok(()),
    }
}

#[test]
fn every_odd_input_is_read_as_the_table_says() {
    let failures: Vec<String> = inputs()
        .iter()
        .filter(|(input, _)| !input.file.starts_with("r-"))
        .filter_map(|(input, bytes)| Some(format!("{}: {}", input.file, check(input, bytes).err()?)))
        .collect();
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn it_does_not_matter_how_odd_inputs_come() {
    for (input, bytes) in inputs() {
        let said = |opened: Result<_, spandrel_trace::format::Unreadable>| match opened {
            Ok(opened) => format!("{}{:?}", spans_as_text(&opened), warnings_of(&opened)),
            Err(error) => error.to_string(),
        };
        let whole = said(read(&bytes));
        for chunk in [1, 2, 3, 7, 64, 997] {
            assert_eq!(said(read_chunks(&bytes, chunk)), whole, "{} in chunks of {chunk}", input.file);
        }
        assert_eq!(said(read_chunks(&gzip(&bytes), 5)), whole, "{} gzipped", input.file);
    }
}

#[test]
fn garbage_in_a_value_is_a_warning_of_its_span() {
    let bytes = std::fs::read(odd_inputs_folder().join("r-proto-array-of-garbage.pb")).unwrap();
    let opened = read(&bytes).unwrap();
    assert_eq!(opened.traces[0].outline().len(), 2);
    assert!(warnings_of(&opened).iter().any(|warning| warning.contains("cannot be read")));
}
