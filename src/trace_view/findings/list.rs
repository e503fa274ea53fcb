//! The list of findings: sentence, saving, confidence and advice of each, and what to do with all of them.

use super::super::copy::CopyStatus;
use super::super::download::save_text;
use super::super::session::Session;
use super::super::what_if;
use super::{LIST, class_of, saving, show};
use crate::state::data::Data;
use crate::state::tasks::spawn;
use crate::ui::menu::{Menu, MenuItem};
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use spandrel_trace::analysis::advisor::{Finding, ReportFormat, evidence_query};
use spandrel_trace::units::count;

/// All findings, those that save most first.
#[component]
pub fn FindingsList(
    session: Session,
    data: Data,
    id: StoredValue<String>,
    /// Closes the list.
    #[prop(into)]
    close: Callback<()>,
) -> impl IntoView {
    let copied = CopyStatus::new();
    let copy = move |_| {
        copied.copy_when(async move {
            data.findings_report(&id.get_value(), &session.outline(), ReportFormat::Markdown).await.ok()
        });
    };
    let save = move |format: ReportFormat, extension: &'static str| {
        spawn(async move {
            let (id, outline) = (id.get_value(), session.outline());
            if let Ok(text) = data.findings_report(&id, &outline, format).await {
                save_text(&text, &format!("{id}.findings.{extension}"));
            }
        });
    };
    let formats = move |()| {
        vec![
            MenuItem::new("JSON", move || save(ReportFormat::Json, "json")),
            MenuItem::new("Markdown", move || save(ReportFormat::Markdown, "md")),
        ]
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            close.run(());
        }
    };
    let list = NodeRef::<html::Ol>::new();
    let items = move || {
        let findings = session.findings.list.get();
        findings.iter().map(|finding| view! { <Item session finding=finding.clone()/> }).collect_view()
    };
    view! {
        <div class="findings-panel" id=LIST data-test="findings-list" on:keydown=on_key>
            <div class="findings-tools">
                <h2 class="findings-title">"Findings"</h2>
                <button type="button" class="button button--flat" data-test="findings-copy" on:click=copy>
                    <span class="copy-text" data-label="Copy as Markdown" aria-live="polite">{move || copied.text("Copy as Markdown")}</span>
                </button>
                <Menu face="Download" label="Download findings" is_word=true items=formats/>
                <button type="button" class="button button--flat" aria-label="Close findings" on:click=move |_| close.run(())>
                    "✕"
                </button>
            </div>
            <ol class="findings-items" node_ref=list>{items}</ol>
        </div>
    }
}

#[component]
fn Item(session: Session, finding: Finding) -> impl IntoView {
    let query = evidence_query(&session.outline(), &finding.evidence);
    let is_shown = move || session.find.query.with(|shown| *shown == query);
    let spans = finding.evidence.count;
    let show_it = match spans {
        1 => "Show the span".to_owned(),
        many => format!("Show the {} spans", count(u64::from(many))),
    };
    let first = finding.evidence.spans.first().copied();
    let tried_out = what_if::change_of(&finding.rule).zip(first).map(|((change, scope), first)| {
        view! {
            <button
                type="button"
                class="findings-show"
                data-test="findings-what-if"
                title="Simulate the trace with that changed"
                on:click=move |_| what_if::try_out(session, change, scope, &[first])
            >
                "What if"
            </button>
        }
    });
    let Finding { severity, headline, explanation, advice, saves, confidence, .. } = finding.clone();
    view! {
        <li class=format!("findings-item {}", class_of(severity)) aria-current=move || is_shown().then_some("true")>
            <p class="findings-sentence">
                <span class="findings-severity">{severity.name()}</span>
                {saves.map(|saves| view! { <b class="findings-saves">{saving(saves)}</b> })}
                <bdi>{headline}</bdi>
            </p>
            {(!explanation.is_empty()).then(|| view! { <p><bdi>{explanation}</bdi></p> })}
            {(!advice.is_empty()).then(|| view! { <p><bdi>{advice}</bdi></p> })}
            <p class="findings-foot">
                <button type="button" class="findings-show" data-test="findings-show" on:click=move |_| show(session, &finding)>
                    {show_it}
                </button>
                {tried_out}
                <span>{format!("{} confidence", confidence.name())}</span>
            </p>
        </li>
    }
}
