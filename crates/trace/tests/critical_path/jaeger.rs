//! The rule of Jaeger's interface, written anew from its description: from the end of the root to the child that finishes
//! last, and where a span has no child that finished earlier, back to its parent at the time at which it started.

use spandrel_trace::model::{Outline, SpanIx};

/// Sections (span, start, end), ascending. Of traces of one root whose children lie within their parents.
pub fn critical_path(outline: &Outline) -> Vec<(SpanIx, u64, u64)> {
    let mut sections = Vec::new();
    visit(outline, 0, None, &mut sections);
    sections.reverse();
    sections
}

fn visit(outline: &Outline, span: SpanIx, returning: Option<u64>, sections: &mut Vec<(SpanIx, u64, u64)>) {
    let (start, end) = (outline.start[span as usize], outline.end[span as usize]);
    let mut children: Vec<SpanIx> = outline.children(span).collect();
    children.sort_by(|one, other| outline.end[*other as usize].cmp(&outline.end[*one as usize]));
    let until = returning.unwrap_or(end);
    let finished_before = |child: &&SpanIx| returning.is_none_or(|time| outline.end[**child as usize] < time);
    match children.iter().find(finished_before) {
        Some(child) => {
            sections.push((span, outline.end[*child as usize], until));
            visit(outline, *child, None, sections);
        }
        None => {
            sections.push((span, start, until));
            if let Some(parent) = outline.parent_of(span) {
                visit(outline, parent, Some(start), sections);
            }
        }
    }
}
