//! The map of services: what is beside it names and selects what is on it.

use leptos::prelude::*;
use spandrel::pages::dependencies::{Examples, LinkList, ServiceLinks, ServiceMap, SidePanel};
use spandrel_trace::analysis::dependencies::{CountedRequests, rated};
use spandrel_trace::model::DependencyLink;
use spandrel_trace::scene::graph::{GraphElement, GraphScene};
use std::sync::Arc;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::stage::{Stage, settle};

fn scene() -> Arc<GraphScene> {
    let link = |parent: &str, child: &str, calls, errors| DependencyLink {
        parent: parent.into(),
        child: child.into(),
        calls,
        errors: Some(errors),
    };
    let links = [
        link("gateway", "order", 100, 0),
        link("order", "payment", 50, 10),
        link("order", "order", 7, 0),
        link("payment", "order", 1, 0),
        link("", "<b>odd</b>", 3, 0),
    ];
    Arc::new(GraphScene::new(&rated(links, &[]), &CountedRequests::default()))
}

fn links() -> ServiceLinks {
    ServiceLinks {
        trace: Callback::new(|id: String| format!("trace/{id}")),
        monitor: Callback::new(|service: String| format!("monitor?service={service}")),
        search: Callback::new(|service: String| format!("search?service={service}")),
    }
}

fn side() -> (Stage, RwSignal<Option<GraphElement>>) {
    let selected = RwSignal::new(None);
    let stage = Stage::new(move || {
        let select = Callback::new(move |hit| selected.set(hit));
        let examples = Signal::stored(Examples::Traces { traces: Vec::new(), is_sample: false });
        view! { <SidePanel scene=Signal::stored(scene()) selected=selected select=select links=links() examples=examples/> }
    });
    (stage, selected)
}

#[wasm_bindgen_test]
async fn services_are_listed_with_those_that_fail_first() {
    let (stage, _) = side();
    let names: Vec<String> = stage
        .all("[data-test=node-link]")
        .iter()
        .filter_map(|row| row.get_attribute("data-service"))
        .collect();
    assert_eq!(names, ["payment", "order", "<b>odd</b>", "", "gateway"]);
    assert!(stage.text("[data-service='']").contains("(no name)"));
    assert!(stage.all("b").is_empty(), "names are text");
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_service_shows_its_callers_and_callees_and_a_link_its_ends() {
    let (stage, selected) = side();
    stage.find("[data-service=order]").click();
    settle().await;
    assert_eq!(stage.text("[data-test=dependencies-selected]"), "order");
    let ends: Vec<String> = stage
        .all("[data-test=edge-link]")
        .iter()
        .map(|row| format!("{:?} {:?}", row.get_attribute("data-caller"), row.get_attribute("data-callee")))
        .collect();
    assert_eq!(ends.len(), 3, "two callers, one callee, and not itself: {ends:?}");
    assert_eq!(stage.attribute("[data-test=view-traces]", "href"), "search?service=order");
    stage.find("[data-callee=payment]").click();
    settle().await;
    assert!(matches!(selected.get_untracked(), Some(GraphElement::Edge(_))));
    assert_eq!(stage.text("[data-test=dependencies-selected]"), "order → payment");
    assert!(stage.text(".side__facts").contains("10 (20 %)"));
    assert_eq!(stage.attribute("[data-test=view-traces]", "href"), "search?service=payment");
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn the_list_is_sorted_and_found_in() {
    let find = RwSignal::new(String::new());
    let stage = Stage::new(move || {
        let select = Callback::new(|_| ());
        view! { <LinkList scene=Signal::stored(scene()) find=find selected=Signal::stored(None) select=select/> }
    });
    let calls = |stage: &Stage| -> Vec<String> {
        stage.all("[data-test=edge-link]").iter().filter_map(|row| row.text_content()).collect()
    };
    assert_eq!(calls(&stage), ["50", "100", "3", "1"], "by errors, few calls last");
    find.set("PAY".into());
    settle().await;
    assert_eq!(calls(&stage), ["50", "1"]);
    find.set("nobody".into());
    settle().await;
    assert!(stage.text("tbody").contains("No service"));
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn the_map_says_what_it_is_and_lets_go_on_escape() {
    let selected = RwSignal::new(Some(GraphElement::Node(0)));
    let stage = Stage::new(move || {
        let select = Callback::new(move |hit| selected.set(hit));
        view! { <ServiceMap scene=Signal::stored(scene()) selected=selected select=select/> }
    });
    settle().await;
    assert!(stage.attribute("canvas", "aria-label").contains("5 services and 4 links"));
    for key in ["+", "-", "0", "ArrowLeft"] {
        stage.press("canvas", key).await;
    }
    assert_eq!(selected.get_untracked(), Some(GraphElement::Node(0)));
    stage.press("canvas", "Escape").await;
    assert_eq!(selected.get_untracked(), None);
    stage.strike().await;
}
