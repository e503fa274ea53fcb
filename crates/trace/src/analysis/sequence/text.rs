//! A sequence diagram as the text of other tools: Mermaid and PlantUML.

use super::{CallSequence, SequenceMessage};
use crate::units::duration;
use std::fmt::Write;

/// The diagram in Mermaid's language.
pub fn mermaid(sequence: &CallSequence) -> String {
    // Mermaid reads `#…;` as a character and `;` as the end of a line.
    let safe = |text: &str| {
        let mut safe = String::with_capacity(text.len());
        for letter in one_line(text).chars() {
            match letter {
                '#' => safe.push_str("#35;"),
                ';' => safe.push_str("#59;"),
                letter => safe.push(letter),
            }
        }
        safe
    };
    let mut text = "sequenceDiagram\n".to_owned();
    for (index, name) in sequence.lifelines.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "    participant s{index} as {}", safe(named(name)));
    }
    for message in &sequence.messages {
        let arrow = match (message.is_return, message.is_async, message.errors > 0) {
            (true, _, true) => "--x",
            (true, _, false) => "-->>",
            (false, true, _) => "-)",
            (false, false, _) => "->>",
        };
        let _ = writeln!(text, "    s{}{arrow}s{}: {}", message.from, message.to, safe(&label(message)));
    }
    text
}

/// The diagram in PlantUML's language.
pub fn plant_uml(sequence: &CallSequence) -> String {
    let safe = |text: &str| one_line(text).replace('\\', "\\\\");
    let mut text = "@startuml\n".to_owned();
    for (index, name) in sequence.lifelines.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "participant \"{}\" as s{index}", safe(named(name)).replace('"', "'"));
    }
    for message in &sequence.messages {
        let arrow = match (message.is_return, message.is_async, message.errors > 0) {
            (true, _, true) => "-->x",
            (true, _, false) => "-->",
            (false, true, _) => "->>",
            (false, false, _) => "->",
        };
        let _ = writeln!(text, "s{} {arrow} s{} : {}", message.from, message.to, safe(&label(message)));
    }
    text.push_str("@enduml\n");
    text
}

/// What stands at a message.
pub fn label(message: &SequenceMessage) -> String {
    let SequenceMessage { name, calls, operations, errors, total, is_return, .. } = message;
    if *is_return {
        let failed = match errors {
            0 => String::new(),
            1 if *calls == 1 => ", error".to_owned(),
            1 => ", 1 error".to_owned(),
            errors => format!(", {errors} errors"),
        };
        return format!("{}{failed}", duration(*total));
    }
    let others = match operations.saturating_sub(1) {
        0 => String::new(),
        1 => " and 1 other operation".to_owned(),
        others => format!(" and {others} other operations"),
    };
    let times = if *calls > 1 { format!(" ×{calls}") } else { String::new() };
    format!("{}{others}{times}", named(name))
}

fn named(name: &str) -> &str {
    if name.is_empty() { "(no name)" } else { name }
}

fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
