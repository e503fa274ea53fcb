//! Widgets that every page uses: problems and long lists.

use crate::stage::{Stage, frame, settle};
use leptos::prelude::*;
use spandrel::ui::list::RowList;
use spandrel::ui::problem::ProblemCard;
use spandrel_trace::units::{Problem, ProblemKind};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn a_problem_says_three_things_and_can_be_tried_again() {
    let tried = RwSignal::new(0);
    let stage = Stage::new(move || {
        let problem =
            Problem::new(ProblemKind::Refused, "load services", "The backend answered 500: flooded")
                .answered(Some(500), b"{\"error\":{\"message\":\"<b>flooded</b>\"}}");
        view! { <ProblemCard problem=problem retry=move |()| tried.update(|times| *times += 1)/> }
    });
    assert!(stage.text("[data-test=problem-what]").starts_with("Couldn't load services"));
    assert!(stage.text("[data-test=problem-happened]").contains("flooded"));
    assert!(stage.text("[data-test=problem-try]").len() > 10, "there is always something to try");
    assert!(stage.text(".problem__excerpt").contains("<b>flooded</b>"), "what came is shown as text");
    stage.find("[data-test=problem-retry]").click();
    settle().await;
    assert_eq!(tried.get_untracked(), 1);
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_list_in_the_place_of_another_has_its_own_rows() {
    let name = RwSignal::new("first");
    let stage = Stage::new(move || {
        let list = move || {
            let name = name.get();
            let row = move |index: usize| view! { <b>{format!("{name} {index}")}</b> };
            view! {
                <RowList row_height=30.0 count=Signal::stored(2usize) version=Signal::stored(0u64) row/>
            }
        };
        view! { <div>{list}</div> }
    });
    frame().await;
    let shown = || stage.all("b").iter().map(|row| row.inner_text()).collect::<Vec<_>>();
    assert_eq!(shown(), ["first 0", "first 1"]);
    name.set("second");
    frame().await;
    assert_eq!(shown(), ["second 0", "second 1"]);
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_long_list_mounts_only_rows_in_view() {
    let count = RwSignal::new(10_000usize);
    let version = RwSignal::new(0u64);
    let stage = Stage::new(move || {
        let row = |index: usize| view! { <b>{index}</b> };
        view! {
            <div style:height="300px" style:display="flex" style:flex-direction="column">
                <RowList row_height=30.0 count version row/>
            </div>
        }
    });
    // The tests' page has none of the app's stylesheets.
    let scroller = stage.find(".row-list");
    let style = scroller.style();
    for (name, value) in [("height", "300px"), ("overflow", "auto")] {
        style.set_property(name, value).expect("a style");
    }
    stage.find(".row-list__all").style().set_property("position", "relative").expect("a style");
    frame().await;
    let shown = || {
        stage.all("b").iter().map(|row| row.inner_text().parse().expect("a number")).collect::<Vec<usize>>()
    };
    assert!(shown().contains(&0) && shown().contains(&9), "{:?}", shown());
    assert!(shown().len() < 100, "{}", shown().len());

    scroller.set_scroll_top(150_000);
    frame().await;
    frame().await;
    assert!((5_000..5_010).all(|index| shown().contains(&index)), "{:?}", shown());
    assert!(shown().len() < 100, "{}", shown().len());

    version.set(1);
    frame().await;
    frame().await;
    assert_eq!(scroller.scroll_top(), 0, "another order starts at the top");
    count.set(3);
    frame().await;
    assert_eq!(shown(), [0, 1, 2]);
    stage.strike().await;
}
