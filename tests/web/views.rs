//! What all views are made of: live parts follow their signals, leave alone what is the same, and take with them
//! whatever they have made.

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::*;
use spandrel::ui::element::{button, el};
use spandrel::ui::view::{View, effect, keep, keyed, part, several, when};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::Event;

use crate::stage::{Stage, settle};

/// Counts how many of it there are.
struct Counted(Rc<Cell<usize>>);

impl Counted {
    fn new(count: &Rc<Cell<usize>>) -> Self {
        count.set(count.get() + 1);
        Counted(count.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[wasm_bindgen_test]
async fn attributes_classes_and_texts_follow_their_signals() {
    let number = RwSignal::new(0usize);
    let stage = Stage::new(move || {
        el("p", "plain")
            .live_attr("title", move || (number.get() > 0).then(|| format!("{} so far", number.get())))
            .live_attr("hidden", move || number.get() == 2)
            .live_class("many", move || number.get() > 1)
            .live_style("width", move || format!("{}px", number.get()))
            .text("<b>")
            .live_text(move || number.get().to_string())
            .into()
    });
    let shown = || {
        let p = stage.find("p");
        (p.get_attribute("title"), p.has_attribute("hidden"), p.class_name(), p.text_content())
    };
    assert_eq!(shown(), (None, false, "plain".into(), Some("<b>0".into())));
    number.set(2);
    settle().await;
    assert_eq!(shown(), (Some("2 so far".into()), true, "plain many".into(), Some("<b>2".into())));
    assert_eq!(stage.find("p").style().get_property_value("width"), Ok("2px".into()));
    number.set(0);
    settle().await;
    assert_eq!(shown(), (None, false, "plain".into(), Some("<b>0".into())));
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_part_takes_with_it_what_it_has_made() {
    let number = RwSignal::new(0usize);
    let (kept, heard) = (Rc::new(Cell::new(0)), RwSignal::new(0));
    let count = kept.clone();
    let stage = Stage::new(move || {
        let item = move |_: usize| {
            keep(Counted::new(&count));
            button("item").on("click", move |_: Event| heard.update(|times| *times += 1))
        };
        let items = part(move || number.get(), move |number| several((0..number).map(&item)));
        several([View::from(el("i", "before")), items, el("i", "after").into()])
    });
    assert_eq!((kept.get(), stage.all(".item").len()), (0, 0));
    number.set(3);
    settle().await;
    assert_eq!((kept.get(), stage.all(".item").len()), (3, 3));
    let first = stage.find(".item");
    first.click();
    number.set(1);
    settle().await;
    assert_eq!((kept.get(), stage.all(".item").len()), (1, 1), "the others have gone");
    first.click();
    assert_eq!(heard.get_untracked(), 1, "what has gone hears nothing");
    assert_eq!(stage.all(".before ~ .item ~ .after").len(), 1, "a part keeps its place");
    stage.strike().await;
    assert_eq!(kept.get(), 0);
}

#[wasm_bindgen_test]
async fn what_is_the_same_is_left_alone() {
    let number = RwSignal::new(0);
    let stage = Stage::new(move || {
        several([
            keyed(move || number.get() / 10, |tens| el("b", "").text(tens.to_string())),
            when(move || number.get() > 5, || el("u", "")),
        ])
    });
    stage.find("b").set_id("first");
    number.set(7);
    settle().await;
    assert_eq!((stage.find("b").id(), stage.all("u").len()), ("first".into(), 1));
    number.set(12);
    settle().await;
    assert_eq!((stage.find("b").id(), stage.text("b")), (String::new(), "1".into()));
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn only_what_a_part_depends_on_makes_it_anew() {
    let (followed, read) = (RwSignal::new(1), RwSignal::new(1));
    let made = Rc::new(Cell::new(0));
    let count = made.clone();
    let stage = Stage::new(move || {
        part(
            move || followed.get(),
            move |number| {
                count.set(count.get() + 1);
                el("b", "").text((number * read.get()).to_string())
            },
        )
    });
    read.set(5);
    settle().await;
    assert_eq!((made.get(), stage.text("b")), (1, "1".into()), "a view reads once");
    followed.set(2);
    settle().await;
    assert_eq!((made.get(), stage.text("b")), (2, "10".into()));
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_memo_tells_only_news_and_what_has_gone_can_be_set() {
    let number = RwSignal::new(1u32);
    let told = Rc::new(Cell::new(0));
    let (count, inner) = (told.clone(), Rc::new(Cell::new(None)));
    let made = inner.clone();
    let stage = Stage::new(move || {
        let half = Memo::new(move |_| number.get() / 2);
        made.set(Some(RwSignal::new(String::new())));
        effect(move || {
            half.track();
            count.set(count.get() + 1);
        });
        el("b", "").live_text(move || half.get().to_string()).into()
    });
    settle().await;
    assert_eq!((told.get(), stage.text("b")), (1, "0".into()));
    number.set(0);
    settle().await;
    assert_eq!(told.get(), 1, "half of 1 and of 0 is the same");
    number.set(4);
    assert_eq!(stage.text("b"), "0", "views follow in a task of their own");
    settle().await;
    assert_eq!((told.get(), stage.text("b")), (2, "2".into()));
    stage.strike().await;
    number.set(9);
    settle().await;
    assert_eq!(told.get(), 2, "nobody is left to be told");
    let gone: RwSignal<String> = inner.get().expect("a signal of the view");
    assert!(gone.is_disposed());
}
