//! Queries on drawn traces.

use super::found;
use spandrel_trace::testing::trace;

/// Drawing, query, and expected spans by the lines of the drawing.
#[track_caller]
fn check_find(drawing: &str, cases: &[(&str, &[u32])]) {
    let trace = trace(drawing);
    for (text, expected) in cases {
        assert_eq!(found(&trace, text), *expected, "{text}");
    }
}

const SHOP: &str = "
    gateway: POST /orders (server)        [=====================]  http.status_code=500 host.name=n1
      order: create (server)                [=================]    retries=2
        cart: read (client)                  [==*==]               db.system=redis cached=true size=1e3
        payment: charge (client) !                  [==*=*=]       id=c0ffee http.status_code=402 amount=9.5
          bank: Pay €                               [=]            took=25ms
      email: send (producer)                                [=]    queue=mail-out size=900
    ";

#[test]
fn fields_of_every_span_are_compared() {
    check_find(
        SHOP,
        &[
            ("service = cart", &[2]),
            ("service != cart", &[0, 1, 3, 4, 5]),
            ("service in (cart, bank)", &[2, 4]),
            ("service not in (cart, bank)", &[0, 1, 3, 5]),
            ("service > \"gateway\"", &[1, 3]),
            ("operation = create", &[1]),
            ("name contains E", &[0, 1, 2, 3, 5]),
            ("operation contains pay", &[4]),
            ("operation contains €", &[4]),
            ("kind = client", &[2, 3]),
            ("kind = Unspecified", &[4]),
            ("kind != client and kind != server", &[4, 5]),
            ("status = error", &[3]),
            ("status != error", &[0, 1, 2, 4, 5]),
            ("error = own", &[3]),
            ("error=true or error=below", &[0, 1, 3]),
            ("error != below service = payment", &[3]),
            ("error and duration>0", &[3]),
            ("error = false depth > 1", &[2, 4]),
            ("duration = 6ms", &[2]),
            ("duration > 6ms", &[0, 1, 3]),
            ("duration <= 2 ms", &[4, 5]),
            ("duration in (2ms, 6ms)", &[2, 4, 5]),
            ("self = 6ms", &[2]),
            ("self < 5ms", &[0, 4, 5]),
            ("start = 0", &[0]),
            ("start >= 10ms", &[3, 4, 5]),
            ("end > 19ms", &[0, 1, 5]),
            ("depth = 0", &[0]),
            ("depth > 1", &[2, 3, 4]),
            ("children = 2", &[0, 1]),
            ("children and depth > 0", &[1, 3]),
            ("descendants >= 3", &[0, 1]),
            ("events = 2", &[3]),
            ("events or depth = 9", &[2, 3]),
            ("event.name = event", &[2, 3]),
            ("links > 0", &[]),
            ("id = C0FFEE", &[3]),
            ("id = 00c0ffee", &[3]),
            ("id contains ffee", &[3]),
            ("id ~ \"0{10}c\"", &[3]),
            ("parent.id = c0ffee", &[4]),
            ("parent.id != 1", &[2, 3, 4]),
            ("trace = 1", &[0, 1, 2, 3, 4, 5]),
            ("has(parent.id)", &[1, 2, 3, 4, 5]),
        ],
    );
}

#[test]
fn attributes_are_compared_by_what_they_are() {
    check_find(
        SHOP,
        &[
            ("http.status_code = 500", &[0]),
            ("http.status_code >= 402", &[0, 3]),
            ("http.status_code < 500", &[3]),
            ("http.status_code = \"500\"", &[0]),
            ("http.status_code > \"4\"", &[]),
            ("queue > \"mail\"", &[5]),
            ("http.status_code != 500", &[3]),
            ("not http.status_code = 500", &[1, 2, 3, 4, 5]),
            ("has(http.status_code)", &[0, 3]),
            ("not has(http.status_code)", &[1, 2, 4, 5]),
            ("amount = 9.50", &[3]),
            ("amount > 9", &[3]),
            ("size >= 900", &[2, 5]),
            ("size = 1000", &[2]),
            ("size in (900, x)", &[5]),
            ("cached = true", &[2]),
            ("cached != false", &[2]),
            ("took > 20ms", &[4]),
            ("took = 0.025s", &[4]),
            ("took < 25ms", &[]),
            ("db.system ~ ^r", &[2]),
            ("db.system !~ x", &[2]),
            ("queue ~ \"^mail-(in|out)$\"", &[5]),
            ("queue contains MAIL", &[5]),
            ("attribute.queue = mail-out", &[5]),
            ("resource.queue = mail-out", &[]),
            ("service.name = cart", &[2]),
            ("resource.service.name = cart", &[2]),
            ("attribute.service.name = cart", &[]),
        ],
    );
}

#[test]
fn relatives_and_words_are_asked_about() {
    check_find(
        SHOP,
        &[
            ("under(service = order)", &[2, 3, 4]),
            ("parent(service = order)", &[2, 3]),
            ("over(service = bank)", &[0, 1, 3]),
            ("child(service = bank)", &[3]),
            ("under(service = order) and not child(depth > 0)", &[2, 4]),
            ("parent(parent(service = gateway))", &[2, 3]),
            ("under(error or db.system = redis)", &[4]),
            ("not under(depth >= 0)", &[0]),
            ("over(not error) and depth > 0", &[1, 3]),
            ("duration > 0 bank", &[4]),
            ("duration > 0 \"post /ORD\"", &[0]),
            ("duration > 0 redis or status = error", &[2, 3]),
        ],
    );
}

#[test]
fn negations_are_of_errors_not_words() {
    check_find(
        SHOP,
        &[
            ("error", &[3]),
            ("not error", &[0, 1, 2, 4, 5]),
            ("!error", &[0, 1, 2, 4, 5]),
            ("not (error)", &[0, 1, 2, 4, 5]),
            ("!(error = true)", &[0, 1, 2, 4, 5]),
            ("not error depth > 1", &[2, 4]),
            ("not error and not events", &[0, 1, 4, 5]),
            ("not \"pay\"", &[0, 1, 2, 5]),
            ("\"pay\" and !error", &[4]),
            ("!service=payment and depth>1", &[2, 4]),
        ],
    );
}

#[test]
fn comparisons_without_blanks_find_what_those_with_blanks_find() {
    check_find(
        SHOP,
        &[
            ("service=payment", &[3]),
            ("SERVICE=payment", &[]),
            ("service=Pay", &[3]),
            ("service==payment", &[3]),
            ("service=\"payment\"", &[3]),
            ("service=\"pay\"", &[]),
            ("service!=payment", &[0, 1, 2, 4, 5]),
            ("service=cart service=bank", &[2, 4]),
            ("service=cart -service", &[]),
            ("resource.service.name=payment", &[3]),
            ("resource.service.name==payment", &[3]),
            ("attribute.queue=mail", &[5]),
            ("attribute.service.name=payment", &[]),
            ("operation=create", &[1]),
            ("name=POST", &[0]),
            ("kind=server", &[0, 1]),
            ("status=error", &[3]),
            ("error=true", &[3]),
            ("error=own", &[3]),
            ("error=below", &[0, 1]),
            ("depth=0", &[0]),
            ("children=2", &[0, 1]),
            ("id=c0ffee", &[3]),
            ("parent.id=00c0ffee", &[4]),
            ("event.name=ev", &[2, 3]),
            ("\"service=payment\"", &[]),
        ],
    );
    // What Jaeger finds by the end of a key is found as well.
    check_find(
        "
        shop: order       [====]  peer.service=payment
          payment: charge  [==]   user.name=order
        ",
        &[("service=payment", &[0, 1]), ("service = payment", &[1]), ("name=order", &[0, 1])],
    );
}

#[test]
fn words_find_what_jaeger_finds() {
    check_find(
        SHOP,
        &[
            ("cart", &[2]),
            ("CART bank", &[2, 4]),
            ("\"post /orders\"", &[0]),
            ("pay €", &[3, 4]),
            ("402", &[3]),
            ("9.5", &[3]),
            ("redis", &[2]),
            ("http.status_code", &[0, 3]),
            ("http.status_code=5", &[0]),
            ("status_code=402", &[3]),
            ("db.system=re size=9", &[2, 5]),
            ("redis mail -db.sys", &[5]),
            ("true", &[2, 3]),
            ("true -error", &[2]),
            ("span.kind=client", &[2, 3]),
            ("otel.status_code=ERROR", &[3]),
            ("status=error", &[3]),
            ("status:unset kind:producer", &[0, 1, 2, 4, 5]),
            ("kind=serv", &[0, 1]),
            ("kind=serv -kind", &[]),
            ("c0ffee", &[3]),
            ("00C0FFEE", &[3]),
            ("c0ffe", &[]),
            ("event=event", &[2, 3]),
            ("-db.system", &[]),
            ("service.name", &[]),
            ("service.name=ca", &[2]),
            ("nothing", &[]),
        ],
    );
}

#[test]
fn what_is_wrong_with_spans_is_found() {
    check_find(
        "
        a: one      [====]
        b: lost       |          parent=ff
        a: two          [====]
          b: early    [==]
        ",
        &[
            ("warnings = 1", &[1, 3]),
            ("warnings and service=b", &[1, 3]),
            ("warning contains clocks", &[3]),
            ("warning ~ \"parent 0+ff is not\"", &[1]),
            ("parent.id = ff", &[1]),
        ],
    );
}

#[test]
fn a_percentile_is_among_spans_of_the_same_service_operation_and_kind() {
    check_find(
        "
        shop: order            [===========================]
          stock: get (client)   [=]
          stock: get (client)     [==]
          stock: get (client)        [===]
          stock: get (client)            [====]
          stock: get (client)                 [=====]
          stock: get (server)                         []
          stock: put (client)                            [=]
        ",
        &[
            ("has(percentile)", &[1, 2, 3, 4, 5]),
            ("percentile = 0", &[1]),
            ("percentile < 50", &[1, 2, 3]),
            ("percentile >= 60", &[4, 5]),
        ],
    );
}
