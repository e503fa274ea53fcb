//! What the header says of spans that are missing: how many name a parent that is not there, which parents those are,
//! and whose they were.

use super::super::session::Session;
use super::{counted, grouped};
use crate::state::data::Data;
use crate::state::tasks::spawn_scoped;
use crate::ui::element::{El, button, el};
use crate::ui::problem::problem_card;
use crate::ui::view::{View, effect, part, several};
use leptos::prelude::*;
use spandrel_trace::analysis::missing::{MissingParent, MissingSpans};
use spandrel_trace::units::Problem;
use web_sys::{Event, HtmlElement, MouseEvent};

/// A line that opens to the explanation. It is asked for when it is opened.
pub fn missing(session: Session, data: Data, id: String, orphans: usize) -> El {
    let wanted = RwSignal::new(false);
    let answer = RwSignal::new(None::<Result<MissingSpans, Problem>>);
    effect(move || {
        if wanted.get() {
            let id = id.clone();
            spawn_scoped(async move {
                let answered = data.missing_spans(&id, &session.outline()).await;
                answer.set(Some(answered));
            });
        }
    });
    let body = part(
        move || answer.get(),
        move |answer| -> View {
            match answer {
                None => el("p", "").text("Looking for what is missing …").into(),
                Some(Ok(missing)) => explained(session, missing),
                Some(Err(problem)) => problem_card(problem, None).into(),
            }
        },
    );
    let words = format!(
        "Incomplete: {}{}",
        grouped(orphans),
        counted(orphans, "span without its parent", "spans without their parents")
    );
    let details = el("details", "trace-header-warnings trace-header-missing").test("missing");
    let element: HtmlElement = details.node();
    details
        .on("toggle", move |_: Event| wanted.update(|wanted| *wanted |= element.has_attribute("open")))
        .child(el("summary", "").text(words))
        .child(el("div", "trace-header-explained").child(body))
}

fn explained(session: Session, missing: MissingSpans) -> View {
    let MissingSpans { parents, count, orphans, read, elsewhere } = missing;
    let why = "A span names the one that it belongs to. These name spans that are not in the trace: they were not sampled, \
               not exported, have not arrived yet, or were dropped on the way. What hangs below them is shown at the top.";
    let rest = count as usize - parents.len();
    let more = match (rest, orphans - read) {
        (0, 0) => String::new(),
        (rest, 0) => format!("{} more are missing.", grouped(rest)),
        (rest, unread) => format!(
            "{} more are missing, and {} spans were too many to look into.",
            grouped(rest),
            grouped(unread as usize)
        ),
    };
    let elsewhere = match elsewhere {
        0 => String::new(),
        1 => "The parent of 1 span is in another trace.".to_owned(),
        count => format!("The parents of {} spans are in another trace.", grouped(count as usize)),
    };
    let parents = parents.into_iter().map(|parent| named(session, parent));
    several([
        el("p", "").text(why),
        el("ul", "").children(parents),
        el("p", "").text([more, elsewhere].join(" ").trim()),
    ])
}

fn named(session: Session, parent: MissingParent) -> El {
    let MissingParent { id, foreign_id, children, first, services, likely } = parent;
    let id = if foreign_id.is_empty() { id.to_string() } else { foreign_id };
    let whose = match likely.as_slice() {
        [] => String::new(),
        [service] => format!(" It was probably of {service}."),
        several => format!(" It was probably of {}.", several.join(" or ")),
    };
    let children = children as usize;
    let below = format!(
        " is named by {}{} of {}.{whose} ",
        grouped(children),
        counted(children, "span", "spans"),
        services.join(", ")
    );
    let go = button("trace-header-go")
        .on("click", move |_: MouseEvent| session.select(first))
        .text(if children == 1 { "Show it" } else { "Show the first" });
    el("li", "").child(el("span", "mono").text(id)).text(below).child(go)
}
