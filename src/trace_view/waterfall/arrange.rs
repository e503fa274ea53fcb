//! What may be asked of the rows: a panel for sibling order, groups, services, columns and the ruler, and above the
//! rows the way from the root to the span in focus.

use super::super::colours::Slots;
use super::super::header::grouped;
use super::super::session::Session;
use crate::ui::element::{El, button, el, option, typed};
use crate::ui::view::{View, part, several, when};
use leptos::prelude::*;
use spandrel_trace::analysis::rows::SiblingOrder;
use spandrel_trace::model::SpanIx;
use spandrel_trace::units::Order as _;
use web_sys::{Event, KeyboardEvent, MouseEvent};

/// Services that the panel lists at most, those with the most spans first.
const LISTED: usize = 60;

/// Spans of the way to the focus that are named at most, beside the whole trace.
const STEPS: usize = 4;

const ORDERS: [(SiblingOrder, &str, &str); 3] = [
    (SiblingOrder::Start, "begin", "Start"),
    (SiblingOrder::Duration, "duration", "Duration, longest first"),
    (SiblingOrder::SelfTime, "self", "Self time, most first"),
];

/// The button that opens the panel, and the panel.
pub fn arrange_button(session: Session, slots: Slots) -> El {
    let open = RwSignal::new(false);
    let toggle = button("waterfall-fold")
        .test("arrange")
        .attr("title", "Order, groups, services, columns, times of day")
        .live_attr("aria-expanded", move || if open.get() { "true" } else { "false" })
        .on("click", move |_: MouseEvent| open.update(|open| *open = !*open))
        .text("View");
    // A key that closes the panel does nothing else.
    let key = move |event: KeyboardEvent| {
        if event.key() == "Escape" && open.get_untracked() {
            open.set(false);
            event.stop_propagation();
        }
    };
    el("span", "arrange")
        .on("keydown", key)
        .child(toggle)
        .child(when(move || open.get(), move || panel(session, slots)))
}

fn panel(session: Session, slots: Slots) -> El {
    let order = el("select", "field")
        .test("sibling-order")
        .on("change", move |event: Event| {
            let chosen = typed(&event);
            if let Some((order, ..)) = ORDERS.iter().find(|(_, word, _)| *word == chosen) {
                session.change(|view| view.order = *order);
            }
        })
        .children(ORDERS.map(|(_, word, label)| option(word, label, "")))
        .live_value(move || {
            let now = session.view.with(|view| view.order);
            ORDERS.iter().find(|(order, ..)| *order == now).map_or("", |(_, word, _)| word).to_owned()
        });
    let add_column = key_input("Key of an attribute", "add-column", move |key| {
        let known = session.columns.with_untracked(|columns| columns.contains(&key));
        if !key.is_empty() && !known {
            session.columns.update(|columns| columns.push(key));
        }
    });
    let field = |label: &str, field: El| el("label", "arrange-field").text(label).child(field);
    let check = |label: &str, test: &str, is: fn(Session) -> bool, toggle: fn(Session)| {
        let tick = el("input", "")
            .attr("type", "checkbox")
            .test(test)
            .live_checked(move || is(session))
            .on("change", move |_: Event| toggle(session));
        el("label", "arrange-check").child(tick).text(label)
    };
    el("div", "arrange-panel")
        .test("arrange-panel")
        .attr("role", "group")
        .attr("aria-label", "View")
        .children([
            field("Order of siblings", order),
            check(
                "Repeated siblings as one row",
                "group",
                |session| session.view.with(|view| view.group),
                |session| session.change(|view| view.group = !view.group),
            ),
            field("Another column", add_column),
            check(
                "Times of day",
                "absolute",
                |session| session.absolute.get(),
                |session| session.absolute.update(|absolute| *absolute = !*absolute),
            ),
        ])
        // Others when the trace was read again; what one is doing beside them goes on.
        .child(part(move || slots.get(), move |slots| services(session, &slots)))
}

/// A field for the key of an attribute; `entered` is called when it is done.
fn key_input(label: &str, test: &str, entered: impl Fn(String) + 'static) -> El {
    el("input", "field")
        .test(test)
        .attr("type", "text")
        .attr("spellcheck", "false")
        .attr("aria-label", label)
        .attr("placeholder", "http.route")
        .on("change", move |event: Event| entered(typed(&event).trim().to_owned()))
}

/// The heads of the columns that were asked for, each with the button that takes it away.
pub fn column_heads(session: Session) -> View {
    part(
        move || session.columns.get(),
        move |columns| {
            let head = |key: String| {
                let label = format!("Remove the column {key}");
                let name = el("span", "waterfall-column-name").attr("title", &key).text(&key);
                let remove = button("waterfall-fold")
                    .attr("aria-label", &label)
                    .attr("title", label)
                    .on("click", move |_: MouseEvent| {
                        session.columns.update(|columns| columns.retain(|other| *other != key));
                    })
                    .text("✕");
                el("div", "waterfall-column").test("column-head").children([name, remove])
            };
            several(columns.into_iter().map(head))
        },
    )
}

/// Every service with what can be done to its spans.
fn services(session: Session, slots: &[u8]) -> El {
    let outline = session.outline();
    let mut counts = vec![0usize; outline.strings.len()];
    outline.service.iter().for_each(|service| counts[*service as usize] += 1);
    let mut services: Vec<usize> = (0..counts.len()).filter(|service| counts[*service] > 0).collect();
    services.order_by_key(|service| std::cmp::Reverse(counts[*service]));
    let more = services.len().saturating_sub(LISTED);
    let line = |service: &usize| {
        let name = outline.strings.get(*service as u32).to_owned();
        let slot = slots.get(*service).copied().unwrap_or(0) + 1;
        let toggle = |face: &str, title: &str, is: fn(Session, &str) -> bool, act: fn(Session, &str)| {
            let (shown, name) = (name.clone(), name.clone());
            button("arrange-toggle")
                .attr("title", format!("{title} {name}"))
                .live_attr("aria-pressed", move || if is(session, &shown) { "true" } else { "false" })
                .on("click", move |_: MouseEvent| act(session, &name))
                .text(face)
        };
        let collapse = toggle(
            "Collapse",
            "Collapse the spans of",
            |session, name| session.view.with(|view| view.fold.services.iter().any(|other| other == name)),
            |session, name| {
                let outline = session.outline();
                session.change(|view| {
                    let collapsed = view.fold.services.iter().any(|other| other == name);
                    view.fold.set_service(&outline, name, !collapsed);
                });
            },
        );
        let hide = toggle(
            "Hide",
            "Leave out the spans, and what is below them, of",
            |session, name| session.view.with(|view| view.hidden.iter().any(|other| other == name)),
            |session, name| {
                session.change(|view| {
                    let before = view.hidden.len();
                    view.hidden.retain(|other| other != name);
                    if view.hidden.len() == before {
                        view.hidden.push(name.to_owned());
                        view.hidden.order();
                    }
                });
            },
        );
        el("li", "arrange-service").children([
            el("span", "span-row-dot").attr("data-slot", usize::from(slot)),
            el("span", "arrange-name").attr("title", &name).text(if name.is_empty() {
                "(no name)"
            } else {
                &name
            }),
            el("span", "arrange-count").text(grouped(counts[*service])),
            collapse,
            hide,
        ])
    };
    let lines: Vec<El> = services.iter().take(LISTED).map(line).collect();
    let rest =
        (more > 0).then(|| el("li", "arrange-more").text(format!("and {} more services", grouped(more))));
    el("ul", "arrange-services").test("arrange-services").children(lines).child(rest)
}

/// The way from the root to the span in focus, each step a button; nothing where nothing is in focus.
pub fn breadcrumb(session: Session) -> View {
    part(
        move || {
            session.outline_live().track();
            session.view.with(|view| view.focus)
        },
        move |focus| {
            let outline = session.outline();
            let Some(focus) = focus.and_then(|id| outline.find(id)) else { return View::NONE };
            let mut way: Vec<SpanIx> =
                std::iter::successors(Some(focus), |span| outline.parent_of(*span)).collect();
            let left_out = way.len().saturating_sub(STEPS);
            way.truncate(STEPS);
            way.reverse();
            let step = |span: Option<SpanIx>, name: &str| {
                button("breadcrumb-step").on("click", move |_: MouseEvent| session.focus(span)).text(name)
            };
            let between = || el("span", "breadcrumb-between").attr("aria-hidden", "true").text("›");
            let mut parts: Vec<View> = vec![step(None, "Whole trace").test("unfocus").into()];
            if left_out > 0 {
                let words = format!("{} levels", grouped(left_out));
                parts.extend([between().into(), el("span", "breadcrumb-left-out").text(words).into()]);
            }
            for span in way {
                let name = outline.name_of(span);
                let step = step(Some(span), if name.is_empty() { "(no name)" } else { name });
                let here = (span == focus).then_some("true");
                parts.extend([between().into(), step.attr("aria-current", here).into()]);
            }
            let way = el("nav", "breadcrumb").test("breadcrumb").attr("aria-label", "Focus");
            way.child(several(parts)).into()
        },
    )
}
