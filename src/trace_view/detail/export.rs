//! Taking a span along: as JSON for other tools, as a command, as a link.

use super::super::copy::Said;
use super::super::session::Session;
use super::{Around, Whole};
use crate::ui::element::{El, el};
use crate::ui::menu::{Choice, menu};
use spandrel_trace::analysis::reading::curl;
use spandrel_trace::format::write::Export;
use spandrel_trace::model::SpanIx;
use spandrel_trace::units::count;
use std::rc::Rc;
use std::sync::Arc;

/// More spans than this are a download and not for the clipboard.
const MOST: u32 = 20_000;

/// The menu of what can be copied of a span; `whole` is the span where it has arrived.
pub fn copy_menu(
    session: Session,
    span: SpanIx,
    around: &Around,
    whole: Rc<dyn Fn() -> Option<Arc<Whole>>>,
) -> El {
    let said = Said::nothing();
    let around = around.clone();
    let choices = move || {
        let outline = session.outline();
        let end = outline.subtree_end[span as usize];
        let address = (around.link_to)(outline.id[span as usize]);
        let mut choices = vec![Choice::new("Link to this span", move || said.copy(address.clone()))];
        let written = |words: &str, end: SpanIx, format: Export| {
            let export = around.export.clone();
            Choice::new(words, move || said.copy_when(export(span, end, format)))
        };
        choices.push(written("Span as Jaeger JSON", span + 1, Export::Jaeger));
        choices.push(written("Span as OTLP JSON", span + 1, Export::Otlp));
        let below = end - span - 1;
        if below > 0 && below < MOST {
            let with = |format: &str| format!("With the {} below as {format}", count(u64::from(below)));
            choices.push(written(&with("Jaeger JSON"), end, Export::Jaeger));
            choices.push(written(&with("OTLP JSON"), end, Export::Otlp));
        }
        if let Some(command) = whole().and_then(|whole| curl(&whole.record)) {
            choices.push(Choice::new("curl command", move || said.copy(command.clone())));
        }
        choices
    };
    el("span", "detail-copy")
        .child(el("span", "detail-copy-said").attr("role", "status").live_text(move || said.words("")))
        .child(menu("Copy", "Copy this span", choices).class_if("menu-named", true).test("copy-menu"))
}
