//! Parsing and printing addresses are inverse, and addresses of former versions are still parsed.

use super::*;
use spandrel_trace::units::SpanId;
use wasm_bindgen_test::wasm_bindgen_test as test;

fn parse(address: &str) -> Route {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    Route::parse(path, query)
}

#[test]
fn every_route_prints_as_it_is_read() {
    let search = SearchParams {
        service: "cart & co".into(),
        operation: "GET /a?b=ü+".into(),
        tags: vec![("error".into(), "true".into()), ("http.route".into(), "/a b".into())],
        lookback: "2d".into(),
        min_duration: "1.2s".into(),
        log_text: "card & bank".into(),
        limit: 1500,
        zone: Zone::Utc,
        live: true,
        ..SearchParams::default()
    };
    let fixed = SearchParams { start: Some(5), end: Some(9), ..SearchParams::default() };
    let view = TraceView {
        tab: TraceTab::Flame,
        tables: Box::new(TableViews {
            by: "http.route".into(),
            then: "service".into(),
            groups_sort: Some(TableSort { key: "p99".into(), descending: true }),
            groups_filter: "a & b".into(),
            fields: vec!["service".into(), "ü=&".into()],
            spans_sort: Some(TableSort { key: "start".into(), descending: false }),
            events: "time out".into(),
            logs: "declined card".into(),
            logs_severity: "warning".into(),
            logs_untraced: true,
            json_otlp: true,
            json_span: true,
            json_wrap: true,
            json_find: "\"a\": 1".into(),
        }),
        flame: FlameView { layout: FlameLayout::Sandwich, operation: Some(SpanId(3)), zoom: Some((0, 7)) },
        lanes: LaneGroup::Host,
        range: Some((5, 900)),
        span: Some(SpanId(0xa1)),
        open: true,
        opened: vec![SpanId(7), SpanId(2)],
        level: Some(2),
        collapsed: vec![SpanId(1), SpanId(u64::MAX)],
        expanded: vec![SpanId(3)],
        folded: vec!["cart".into(), "a b".into()],
        detail: Placement::Bottom,
        focus: Some(SpanId(0xb2)),
        hidden: vec!["a b".into(), "c,d&e".into()],
        service_filter: "1f2e.5".into(),
        order: OrderParam::SelfTime,
        group: true,
        find: "duration > 20ms and \"ü\" +1".into(),
        show: Show::Ancestors,
        findings: true,
        path: ShowPath::Only,
        path_rows: PathRows::Span,
        colour: Colour::Attribute("http.route".into()),
        columns: vec!["http.route".into(), "ü=&".into()],
        absolute: true,
        zone: Zone::Utc,
        corrected: true,
        what_if: Some(WhatIf {
            change: WhatIfChange::Faster(250),
            scope: WhatIfScope::Operation,
            spans: vec![SpanId(0xa1)],
        }),
        lint: true,
    };
    for route in [
        Route::default(),
        Route::Search(search),
        Route::Search(fixed),
        Route::trace("4bf92f3577b34da6a3ce929d0e0e4736"),
        Route::Trace { id: "trace-1 ü".into(), view },
        Route::Dependencies(DependenciesView {
            service: Some("a b".into()),
            callee: Some("c→d".into()),
            list: true,
            lookback: "6h".into(),
        }),
        Route::Monitor(MonitorView { service: None, lookback: "15m".into() }),
        Route::Demo,
        Route::Settings,
        Route::About,
        Route::NotFound("no/such".into()),
    ] {
        assert_eq!(parse(&route.to_string()), route, "{route}");
    }
}

#[test]
fn the_former_address_of_the_demo_opens_it() {
    assert_eq!(parse("shop"), Route::Demo);
    assert_eq!(Route::Demo.to_string(), "demo");
}

#[test]
fn every_view_of_a_trace_has_its_word() {
    for &(tab, word, _) in TraceTab::ALL {
        let view = TraceView { tab, ..TraceView::default() };
        let address = Route::Trace { id: "a".into(), view }.to_string();
        let expected = if word.is_empty() { "trace/a".to_owned() } else { format!("trace/a?view={word}") };
        assert_eq!(address, expected);
        assert!(matches!(parse(&address), Route::Trace { view, .. } if view.tab == tab), "{address}");
    }
    assert!(
        matches!(parse("trace/a?view=none"), Route::Trace { view, .. } if view.tab == TraceTab::Waterfall)
    );
}

#[test]
fn every_meaning_of_colours_has_its_word() {
    let attribute = Colour::Attribute("kind".into());
    let scales = [Colour::SelfTime, Colour::CriticalTime, Colour::Slack, Colour::Percentile];
    for colour in [Colour::Service, Colour::Kind, Colour::Status, attribute].into_iter().chain(scales) {
        let view = TraceView { colour: colour.clone(), ..TraceView::default() };
        let address = Route::Trace { id: "a".into(), view }.to_string();
        assert!(matches!(parse(&address), Route::Trace { view, .. } if view.colour == colour), "{address}");
    }
}

#[test]
fn every_change_that_is_tried_out_has_its_word() {
    for change in [WhatIfChange::Faster(1), WhatIfChange::Gone, WhatIfChange::Cached, WhatIfChange::Parallel]
    {
        for scope in [WhatIfScope::Spans, WhatIfScope::Operation, WhatIfScope::Siblings] {
            let what_if = Some(WhatIf { change, scope, spans: vec![SpanId(0xa1), SpanId(0xb2)] });
            let view = TraceView { what_if: what_if.clone(), ..TraceView::default() };
            let address = Route::Trace { id: "a".into(), view }.to_string();
            assert!(
                matches!(parse(&address), Route::Trace { view, .. } if view.what_if == what_if),
                "{address}"
            );
        }
    }
    for wrong in ["", "gone", "gone~all~a1", "gone~spans~", "faster~spans~a1", "faster-1~spans~a1"] {
        assert!(
            matches!(parse(&format!("trace/a?whatif={wrong}")), Route::Trace { view, .. } if view.what_if.is_none()),
            "{wrong}"
        );
    }
}

#[test]
fn jaegers_addresses_open_the_same_thing() {
    let Route::Search(params) = parse(
        "/search?service=frontend&operation=all&lookback=custom&start=1&end=2&limit=20&minDuration&tags=%7B%22error%22%3A%22true%22%7D&tag=a%3Ab%3Ac",
    ) else {
        panic!("not a search");
    };
    assert_eq!((params.service.as_str(), params.operation.as_str()), ("frontend", ""));
    assert_eq!((params.start, params.end, params.limit), (Some(1), Some(2), 20));
    assert_eq!(params.tags, [("error", "true"), ("a", "b:c")].map(|(k, v)| (k.to_owned(), v.to_owned())));
    assert_eq!(params.window(1_000), (1, 2));

    let Route::Search(params) = parse("search?lookback=1h&start=1&end=2") else { panic!("not a search") };
    assert_eq!(
        params.window(3_600_000_000 + 7),
        (1, 2),
        "the window of the address shows the same thing tomorrow"
    );
    assert_eq!(params.at(3_600_000_000 + 7).window(0), (7, 3_600_000_007), "asked again, it counts from now");
    let Route::Search(params) = parse("search?lookback=1h") else { panic!("not a search") };
    assert_eq!(params.window(3_600_000_000 + 7), (7, 3_600_000_007));
    assert!(!params.has_search(), "a lookback alone is no wish");
    let Route::Search(params) = parse("search?start=5&end=9&service=a") else { panic!("not a search") };
    assert_eq!(params.clone().at(3_600_000_000), params, "a window of one's own stays");
    let Route::Trace { view, .. } = parse("trace/ab?uiFind=GET+%2Fa&svcFilter=1f2e.5") else {
        panic!("no trace")
    };
    assert_eq!((view.find.as_str(), view.service_filter.as_str()), ("GET /a", "1f2e.5"));
    let Route::Monitor(view) = parse("monitor?service=a&timeframe=3600000") else {
        panic!("not the monitor")
    };
    assert_eq!(view.lookback_ms(), 3_600_000);
    assert!(matches!(parse("trace/a...b"), Route::NotFound(_)));
}

#[test]
fn what_is_broken_in_an_address_does_no_harm() {
    let view = |query: &str| match parse(&format!("trace/a?{query}")) {
        Route::Trace { view, .. } => view,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        view(
            "view=x&flame=&zoom=5&of=&range=9-5&span=xyz&level=-1&collapsed=..,zz&show=me&order=&colour=attribute:&detail=7&column=&hide&clocks=1&whatif=faster0~spans~a1"
        ),
        TraceView::default()
    );
    assert_eq!(view("%=%&%zz=%f&&&=").range, None);
    assert!(!parse("search").to_string().contains('?'));
    assert!(matches!(parse("search?limit=many&start=now"), Route::Search(params) if params.limit == 0));
}

#[test]
fn whatever_names_a_trace_is_found() {
    let id = "4bf92f3577b34da6a3ce929d0e0e4736";
    for text in [
        id,
        "4BF92F35-77B3-4DA6-A3CE-929D0E0E4736",
        " 4bf92f35 77b34da6 a3ce929d 0e0e4736 ",
        "S/kvNXezTaajzpKdDg5HNg==",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "https://host/jaeger/ui/trace/4bf92f3577b34da6a3ce929d0e0e4736/?uiEmbed=v0#y",
    ] {
        assert_eq!(find(text), Some(Route::trace(id)), "{text}");
    }
    for (text, written) in [("4BF92F3", "4bf92f3"), ("abcdef0123456789", "0000000000000000abcdef0123456789")]
    {
        assert_eq!(find(text), Some(Route::trace(written)), "{text}");
    }
    let found = find(&format!("https://host/trace/{id}?uiFind=x#y"));
    assert!(matches!(found, Some(Route::Trace { view, .. }) if view.find == "x"));
    let search = find("http://host/search?service=cart");
    assert!(matches!(search, Some(Route::Search(params)) if params.service == "cart"));
    for text in ["", "hello", "http://host/", "http://host/trace/hello", "0", "zzzzzzzzzzzzzzzzzzzzzz=="] {
        assert_eq!(find(text), None, "{text}");
    }
}
