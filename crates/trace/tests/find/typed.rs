//! What people type who know Jaeger, TraceQL or SQL: it is understood, refused with what is expected, or answered with a
//! hint. Nothing of it only matches no span.

use spandrel_trace::analysis::query::{FindHint, SearchText, find, hints, read};
use spandrel_trace::model::Trace;
use spandrel_trace::testing::trace;

fn shop() -> Trace {
    trace(
        "
        gateway: POST /orders (server) !      [=====================]  http.response.status_code=500
          order: create (server)                [=================]    http.response.status_code=502
            payment: charge (client) !              [==*=*=]           http.response.status_code=402 payment.amount=95
              bank: pay                             [=]                payment.amount=20
          order: pack (internal)                                 [=]   error.rate=0
        ",
    )
}

/// How a text is answered: the spans found, what was expected, or the first hint.
fn answer(trace: &Trace, text: &str) -> String {
    let reading = match read(text) {
        Ok(reading) => reading,
        Err(mistake) => return format!("{:?}: expected {}", mistake.found(text), mistake.expected),
    };
    let found = find(trace, &reading);
    let kind = if matches!(reading, SearchText::Query(_)) { "query" } else { "words" };
    match hints(trace, text, &reading, &found).into_iter().next() {
        None => format!("{kind} {:?}", found.iter().collect::<Vec<u32>>()),
        Some(FindHint::UnknownName { name, nearest }) => {
            format!("no name {name}: {}", nearest.unwrap_or_default())
        }
        Some(FindHint::UnknownValue { found, instead }) => format!("no value {found}: {instead}"),
        Some(FindHint::OtherNotation { found, instead }) => format!("notation {found}: {instead}"),
        Some(FindHint::Words { found, instead }) => format!("words {found}: {instead}"),
        Some(FindHint::OnlyExcluded { found, instead }) => format!("excluded {found}: {instead}"),
        Some(FindHint::Mistake { found, expected }) => format!("mistake {found}: {expected}"),
    }
}

#[test]
fn what_is_typed_is_understood_or_refused_with_what_works() {
    let duration = "expected a duration with its unit, such as 20ms";
    for (text, expected) in [
        ("not error", "query [1, 3, 4]".to_owned()),
        ("not (error)", "query [1, 3, 4]".into()),
        ("not (error = true)", "query [1, 3, 4]".into()),
        ("!error", "query [1, 3, 4]".into()),
        ("-error", "excluded -error: not error".into()),
        // A word alone is searched in all texts.
        ("error", "words [0, 2, 4]".into()),
        ("http.response.status_code in (500,502)", "query [0, 1]".into()),
        (
            "http.response.status_code in 500,502",
            "\"500,502\": expected a list of values in parentheses: (500,502)".into(),
        ),
        ("service=payment", "words [2]".into()),
        ("service=order", "words [1, 4]".into()),
        ("kind=server and service=order", "query [1]".into()),
        ("service = payment", "query [2]".into()),
        ("service==payment", "query [2]".into()),
        ("service == payment", "query [2]".into()),
        ("resource.service.name=payment", "words [2]".into()),
        ("resource.service.name = payment", "query [2]".into()),
        ("payment.amount>=90", "query [2]".into()),
        ("duration>20ms", "query [0]".into()),
        ("duration > 20", format!("\"20\": {duration}")),
        ("duration>20", format!("\"20\": {duration}")),
        ("duration>50", format!("\"50\": {duration}")),
        ("duration >> 5ms", "notation duration >> 5ms: duration > 5ms".into()),
        ("service = paymnt", "no value service = paymnt: service = payment".into()),
        ("service=paymnt", "no value service=paymnt: service=payment".into()),
        ("servce=payment", "no name servce: service".into()),
        ("{ resource.service.name = \"payment\" && duration > 1ms }", {
            "notation { resource.service.name = \"payment\" && duration > 1ms }: \
             resource.service.name = \"payment\" && duration > 1ms"
                .into()
        }),
        ("operation LIKE 'cre%'", "notation operation LIKE 'cre%': operation contains cre".into()),
    ] {
        assert_eq!(answer(&shop(), text), expected, "{text}");
    }
}
