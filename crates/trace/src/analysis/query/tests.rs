//! Tests of the parser, its errors and the printer.

use super::*;
use crate::analysis::query::field::KNOWN;
use proptest::prelude::*;

/// The query as it is printed; a mistake as the part that is wrong and what was expected.
#[track_caller]
fn check_parse(text: &str, expect: &str) {
    let found = match parse(text) {
        Ok(query) => query.to_string(),
        Err(mistake) => format!("{:?} at {}: {}", mistake.found(text), mistake.at, mistake.expected),
    };
    assert_eq!(found, expect, "{text}");
}

#[test]
fn queries_are_understood_as_they_are_printed() {
    for (text, printed) in [
        (
            "service=cart and duration>20ms and not status=ok",
            "service = cart and duration > 20ms and not status = ok",
        ),
        ("a = 1 or b = 2 and c = 3", "a = 1 or b = 2 and c = 3"),
        ("(a = 1 or b = 2) and c = 3", "(a = 1 or b = 2) and c = 3"),
        ("(a = 1 and b = 2) c = 3", "a = 1 and b = 2 and c = 3"),
        ("a = 1 and (b = 2 and c = 3)", "a = 1 and (b = 2 and c = 3)"),
        ("not (a = 1 or b = 2)", "not (a = 1 or b = 2)"),
        ("NOT not a = 1 OR b=2", "not not a = 1 or b = 2"),
        ("a = 1 && b == 2 || c =~ x", "a = 1 and b = 2 or c ~ x"),
        (
            "under(service = cart or error) and parent(kind=CLIENT)",
            "under(service = cart or error) and parent(kind = client)",
        ),
        ("over(child(events > 2))", "over(child(events > 2))"),
        ("name in (a, \"b c\", 5)", "operation in (a, \"b c\", 5)"),
        ("http.url not in (a) x not contains \"y\"", "not http.url in (a) and not x contains \"y\""),
        ("duration > 1.5 s self<=1m30s", "duration > 1.5s and self <= 1m30s"),
        ("error timeout \"out of memory\"", "error and \"timeout\" and \"out of memory\""),
        ("has(attribute.name) has(error) has(id)", "has(attribute.name) and error and has(id)"),
        ("attribute.\"a key\" = 1 and \"b (c)\" != x", "attribute.\"a key\" = 1 and \"b (c)\" != x"),
        ("resource.host.name ~ \"^n\\d+$\"", "resource.host.name ~ \"^n\\\\d+$\""),
        ("span.kind = server name = x", "kind = server and operation = x"),
        ("operation = \"and\"", "operation = \"and\""),
        ("!error", "not error"),
        ("! error !!children", "not error and not not children"),
        ("!(error or !events)", "not (error or not events)"),
        (
            "!has(x) !under(error) !x = !y !\"a b\"",
            "not has(x) and not under(error) and not x = !y and not \"a b\"",
        ),
        ("has(!x) \"!x\" = 1", "has(\"!x\") and \"!x\" = 1"),
        ("!attribute.\"a key\" = 1", "not attribute.\"a key\" = 1"),
    ] {
        check_parse(text, printed);
        check_parse(printed, printed);
    }
}

#[test]
fn errors_have_position_and_expectation() {
    let condition = "a condition, such as duration > 20ms";
    let sign = "and, or, or the end; a value with signs in it stands in quotes";
    for (text, found) in [
        ("service = ", "\"\" at 10: a value".to_owned()),
        ("service = cart and", format!("\"\" at 18: {condition}")),
        ("duration > 20", "\"20\" at 11: a duration with its unit, such as 20ms".into()),
        ("duration > 20 parsecs", "\"20\" at 11: a duration with its unit, such as 20ms".into()),
        ("depth > 20ms", "\"20ms\" at 8: a number".into()),
        ("status = fine", "\"fine\" at 9: one of error, ok, unset".into()),
        ("kind > server", "\">\" at 5: an operator (=, !=, in) after kind".into()),
        ("duration ~ x", "\"~\" at 9: an operator (=, !=, <, <=, >, >=, in) after duration".into()),
        ("duration and error", "\"and\" at 9: an operator (=, !=, <, <=, >, >=, in) after duration".into()),
        ("(a = 1", "\"\" at 6: a closing parenthesis".into()),
        ("a = 1)", "\")\" at 5: no closing parenthesis, for none is open".into()),
        ("under(a = 1", "\"\" at 11: a closing parenthesis".into()),
        ("()", format!("\")\" at 1: {condition}")),
        ("= 5", format!("\"=\" at 0: {condition}")),
        ("a = b = c", format!("\"=\" at 6: {sign}")),
        (
            "a.b in 500, \"x y\" c",
            "\"500, \\\"x y\\\"\" at 7: a list of values in parentheses: (500, \"x y\")".into(),
        ),
        ("a not in 1,2,", "\"1,2\" at 9: a list of values in parentheses: (1,2)".into()),
        ("!", format!("\"\" at 1: {condition}")),
        ("a in b", "\"b\" at 5: a list of values in parentheses".into()),
        ("a in (b c)", "\"c\" at 8: a comma or a closing parenthesis".into()),
        ("a in ()", "\")\" at 6: a value".into()),
        ("a > b", "\"b\" at 4: a number, a duration such as 20ms, or a text in quotes".into()),
        ("a = or", "\"or\" at 4: a value; in quotes, or is a value like any other".into()),
        ("or a = 1", format!("\"or\" at 0: {condition}; in quotes, or is a word like any other")),
        ("a = \"b", "\"\\\"b\" at 4: a closing quotation mark".into()),
        ("has()", "\")\" at 4: the name of an attribute or field".into()),
        ("has(a b)", "\"b\" at 6: a closing parenthesis".into()),
        ("é = 1 )", "\")\" at 7: no closing parenthesis, for none is open".into()),
    ] {
        check_parse(text, &found);
    }
    let mistake = parse("operation ~ \"a(b\"").unwrap_err();
    assert_eq!((mistake.at, mistake.len), (12, 5));
    assert!(mistake.expected.starts_with("a regular expression ("), "{mistake}");
}

#[test]
fn a_text_is_a_query_if_it_has_an_operator_and_words_otherwise() {
    for (text, kind) in [
        ("cart", "words"),
        ("timeout or error", "words"),
        ("not found", "words"),
        ("http.method=GET", "words"),
        ("http.method=GET http.status_code=500", "words"),
        ("a -> b", "words"),
        ("a->b => c", "words"),
        ("List<String> Foo::<init> ~bob", "words"),
        ("duration>slow", "words"),
        ("error in payment", "words"),
        ("\"a = b\"", "words"),
        ("-http.url GET", "words"),
        ("an \"open quotation", "words"),
        ("http://a/b?c=d&e=f", "words"),
        ("service = cart", "query"),
        ("service=cart and kind=server", "query"),
        ("duration>20ms", "query"),
        ("http.status_code>=500", "query"),
        ("service=cart error!=true", "query"),
        ("operation contains pay", "query"),
        ("service in (cart, order)", "query"),
        ("has(http.url)", "query"),
        ("under(service=cart)", "query"),
        ("service = ", "mistake"),
        ("= cart", "mistake"),
        ("has(", "mistake"),
        ("not error", "query"),
        ("!error", "query"),
        ("!!error", "query"),
        ("not (error)", "query"),
        ("error and not critical", "query"),
        ("error && !\"connection refused\"", "query"),
        ("not \"connection refused\"", "query"),
        ("!has(http.url)", "query"),
        ("service==payment", "query"),
        ("service=\"payment\"", "query"),
        ("!service=payment", "query"),
        ("duration>20", "mistake"),
        ("self<=1.5", "mistake"),
        ("depth>5x", "mistake"),
        ("http.response.status_code in 500,502", "mistake"),
        ("service not in cart,order", "mistake"),
        ("-error", "words"),
        ("!payment", "words"),
        ("!important panic!", "words"),
        ("error", "words"),
        ("error events", "words"),
        ("(error)", "words"),
        ("did not connect", "words"),
        ("\"a b\" c", "words"),
        ("duration=5ms", "words"),
        ("service=payment", "words"),
        ("service=payment error=true", "words"),
        ("resource.service.name=payment", "words"),
        ("k=YWJj==", "words"),
        ("error in payment,order", "words"),
        ("java.lang.Error in thread main", "words"),
        ("{ duration > 20ms}", "words"),
        ("{ service = a } >> { error }", "words"),
        ("{ duration > 20 }", "mistake"),
        ("duration > slow", "mistake"),
    ] {
        let found = match read(text) {
            Ok(SearchText::Words(_)) => "words",
            Ok(SearchText::Query(_)) => "query",
            Err(_) => "mistake",
        };
        assert_eq!(found, kind, "{text}");
    }
}

#[test]
fn hostile_texts_are_refused_and_nothing_overflows() {
    let many = 100_000;
    for text in [
        "(".repeat(many),
        format!("{}a = 1{}", "(".repeat(many), ")".repeat(many)),
        format!("{}a = 1", "not ".repeat(many)),
        format!("a = 1{}", " and a = 1".repeat(many)),
        format!("a = 1{}", " or (a = 1".repeat(many)),
        format!("a = 1 {}", "under(".repeat(many)),
        format!("a in ({}", "1,".repeat(many)),
        "a ".repeat(many),
    ] {
        let mistake = parse(&text).unwrap_err();
        assert!((mistake.at + mistake.len) as usize <= text.len(), "{mistake}");
        // Parentheses without anything else are a word.
        let is_word = matches!(read(&text), Ok(SearchText::Words(words)) if words.wanted.len() == 1);
        assert_eq!(is_word, text.starts_with("((") && !text.contains('='), "{mistake}");
    }
    let deep = format!("{}a = 1{}", "(".repeat(DEEPEST), ")".repeat(DEEPEST));
    assert_eq!(parse(&deep).map(|query| query.to_string()), Ok("a = 1".into()));
}

#[test]
fn a_condition_made_for_a_value_reads_back_as_that_value() {
    for (key, value, is_text, text) in [
        ("http.method", "GET", true, "http.method = GET"),
        ("http.url", "http://a/b?c=d", true, "http.url = \"http://a/b?c=d\""),
        ("http.status_code", "500", false, "http.status_code = 500"),
        ("http.status_code", "500", true, "http.status_code = \"500\""),
        ("service", "and", true, "service = \"and\""),
        ("cached", "true", false, "cached = true"),
    ] {
        assert_eq!(equals(&Field::parse(key), value, is_text), text);
        assert!(matches!(read(text), Ok(SearchText::Query(_))), "{text}");
    }
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,3}(\\.[a-z_]{1,4}){0,2}", any::<String>(), Just("name".into()), Just("and".into())]
}

fn field() -> impl Strategy<Value = Field> {
    let owner = prop::sample::select(vec![
        Owner::Any,
        Owner::Span,
        Owner::Resource,
        Owner::Scope,
        Owner::Event,
        Owner::Link,
    ]);
    prop_oneof![
        (0..KNOWN.len()).prop_map(|at| Field::Builtin(KNOWN[at].1)),
        (owner, key()).prop_map(|(owner, key)| Field::Key(owner, key)),
    ]
}

fn literal(field: &Field, op: Operator) -> BoxedStrategy<Literal> {
    let bare = |text: &str| Literal { text: text.into(), quoted: false };
    match field.class() {
        FieldType::Time => prop::sample::select(vec!["20ms", "1.5s", "0", "1m30s"]).prop_map(bare).boxed(),
        FieldType::Number => prop::sample::select(vec!["20", "-1", "1.5"]).prop_map(bare).boxed(),
        FieldType::Choice(words) => prop::sample::select(words.to_vec()).prop_map(bare).boxed(),
        FieldType::Text if matches!(op, Operator::Matches | Operator::MatchesNot) => {
            "[a-z]{1,3}".prop_map(|text| Literal { text: format!("{text}\\d+\""), quoted: true }).boxed()
        }
        FieldType::Text if op.orders() => prop_oneof![
            "[0-9]{1,3}".prop_map(|text| Literal { text, quoted: false }),
            any::<String>().prop_map(|text| Literal { text, quoted: true })
        ]
        .boxed(),
        FieldType::Text => prop_oneof![
            "[a-z]{4,6}".prop_map(|text| Literal { text, quoted: false }),
            any::<String>().prop_map(|text| Literal { text, quoted: true })
        ]
        .prop_filter("reserved", |literal| literal.quoted || !field::is_reserved(&literal.text))
        .boxed(),
    }
}

fn condition() -> impl Strategy<Value = Condition> {
    let ops = [
        Operator::Equal,
        Operator::Differs,
        Operator::Less,
        Operator::AtMost,
        Operator::More,
        Operator::AtLeast,
        Operator::Matches,
        Operator::MatchesNot,
        Operator::Contains,
        Operator::Among,
    ];
    let compare = (field(), prop::sample::select(ops.to_vec())).prop_flat_map(|(field, op)| {
        let fits = match field.class() {
            FieldType::Text => true,
            FieldType::Choice(_) => matches!(op, Operator::Equal | Operator::Differs | Operator::Among),
            _ => !matches!(op, Operator::Matches | Operator::MatchesNot | Operator::Contains),
        };
        let op = if fits { op } else { Operator::Equal };
        let count = if op == Operator::Among { 1..4 } else { 1..2 };
        prop::collection::vec(literal(&field, op), count)
            .prop_map(move |literals| Condition::Compare(field.clone(), op, literals))
    });
    prop_oneof![
        3 => compare,
        1 => field().prop_map(Condition::Has),
        1 => any::<String>().prop_map(Condition::Text),
    ]
}

fn query() -> impl Strategy<Value = Query> {
    condition()
        .prop_map(|condition| vec![Step::Condition(condition)])
        .prop_recursive(6, 30, 2, |inner| {
            let relation = prop::sample::select(vec![
                Relation::Under,
                Relation::Parent,
                Relation::Over,
                Relation::Child,
            ]);
            let after = |mut steps: Vec<Step>, step: Step| {
                steps.push(step);
                steps
            };
            prop_oneof![
                inner.clone().prop_map(move |steps| after(steps, Step::Not)),
                (inner.clone(), relation)
                    .prop_map(move |(steps, relation)| after(steps, Step::Related(relation))),
                (inner.clone(), inner, any::<bool>()).prop_map(move |(mut one, other, and)| {
                    one.extend(other);
                    after(one, if and { Step::And } else { Step::Or })
                }),
            ]
        })
        .prop_map(|steps| Query { steps })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_the_same(query in query()) {
        let text = query.to_string();
        prop_assert_eq!(parse(&text), Ok(query), "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused_within_its_bounds(text in "[a-z =!<>~()\",.0-9é-]{0,40}|\\PC{0,40}") {
        for result in [parse(&text).map(SearchText::Query), read(&text)] {
            match result {
                Ok(SearchText::Query(query)) => prop_assert_eq!(parse(&query.to_string()), Ok(query)),
                Ok(SearchText::Words(_)) => {}
                Err(mistake) => {
                    let end = (mistake.at + mistake.len) as usize;
                    prop_assert!(text.get(mistake.at as usize..end).is_some(), "{mistake:?}");
                }
            }
        }
    }
}
