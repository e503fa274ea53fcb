//! The description of the API: OpenAPI at `/openapi.json`, and a page made of it at `/docs` that loads nothing else.

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;
use utoipa::OpenApi;

use super::{flow, orders, passed_on};
use crate::faults::FAULTS;
use crate::runtime::ProblemDetails;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Spandrel demo",
        description = "Orders, questions and faults: services that send real traces."
    ),
    paths(
        passed_on::products,
        orders::place,
        orders::one,
        orders::simulate,
        passed_on::create_user,
        passed_on::user,
        passed_on::pay,
        flow::ask,
        passed_on::service1,
        passed_on::service2,
        passed_on::orchestrate,
        flow::full,
        flow::faults,
        flow::links,
    ),
    components(schemas(ProblemDetails))
)]
struct Api;

/// Codes of problem details, and what each says.
const CODES: [(&str, &str); 19] = [
    ("invalid_request", "A member of the request is missing or has a wrong value; `field` names it."),
    ("unreadable_request", "The body is too long, or is not JSON."),
    ("unknown_fault", "No fault has this name; `/demo/faults` lists them."),
    ("not_found", "Nothing has this path."),
    ("method_not_allowed", "The path has other methods."),
    ("unknown_user", "There is no such user."),
    ("user_exists", "There is a user of that id already."),
    ("unknown_order", "There is no such order."),
    ("unknown_product", "There is no such product."),
    ("unknown_item", "The item is not for sale."),
    ("out_of_stock", "There are fewer pieces than were ordered."),
    ("payment_declined", "The amount is above the limit, or the card network declined it."),
    ("payment_failed", "The bank did not authorize the payment."),
    ("overloaded", "The service takes no more at the moment."),
    ("store_failed", "The database failed."),
    ("generation_failed", "The text generator failed."),
    ("service_unreachable", "A service did not answer."),
    ("service_timeout", "A service did not answer in time."),
    ("circuit_open", "A service failed too often; it is not called for a while."),
];

/// OpenAPI 3.1, JSON.
pub(crate) async fn openapi() -> Response {
    match Api::openapi().to_json() {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(_) => axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The same for people.
pub(crate) async fn page() -> Html<String> {
    let api = serde_json::to_value(Api::openapi()).unwrap_or_default();
    Html(render(&api))
}

fn render(api: &Value) -> String {
    let text = |value: &Value| escaped(value.as_str().unwrap_or_default());
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <style>body{{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}\
         pre{{overflow:auto;padding:.75rem;border:1px solid;border-radius:4px}}h2{{margin-top:2rem}}</style>\
         <h1>{title}</h1><p>{description}</p>",
        title = text(&api["info"]["title"]),
        description = text(&api["info"]["description"]),
    );
    for (path, methods) in api["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            page.push_str(&format!("<h2>{} {}</h2>", method.to_uppercase(), escaped(path)));
            page.push_str(&format!("<p>{}</p>", text(&operation["summary"])));
            if operation["description"].is_string() {
                page.push_str(&format!("<p>{}</p>", text(&operation["description"])));
            }
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            if !body.is_null() {
                let example = serde_json::to_string_pretty(&example(api, body)).unwrap_or_default();
                page.push_str(&format!("<pre>{}</pre>", escaped(&example)));
            }
            page.push_str("<ul>");
            for (status, response) in operation["responses"].as_object().into_iter().flatten() {
                let said = text(&response["description"]);
                page.push_str(&format!("<li><b>{}</b> {said}</li>", escaped(status)));
            }
            page.push_str("</ul>");
        }
    }
    page.push_str(
        "<h2>Faults</h2><p>Header <code>X-Demo-Fault</code> or query parameter <code>fault</code>.</p><ul>",
    );
    for fault in FAULTS {
        let request = escaped(fault.request);
        let look = escaped(fault.look_for);
        page.push_str(&format!("<li><code>{}</code> ({request}): {look}</li>", fault.name));
    }
    page.push_str("</ul><h2>Problems</h2><p>Errors are problem details (RFC 9457).</p><ul>");
    for (code, meaning) in CODES {
        page.push_str(&format!("<li id=\"{code}\"><code>{code}</code>: {}</li>", escaped(meaning)));
    }
    page.push_str("</ul></html>");
    page
}

/// A value of a schema, from the examples of its members. Schemas of the demo refer to each other at most three deep.
fn example(api: &Value, schema: &Value) -> Value {
    let mut value = serde_json::Map::new();
    let schema = resolved(api, schema);
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let member = resolved(api, member);
        let given = &member["example"];
        let items = &member["items"];
        let of_member = if !given.is_null() {
            given.clone()
        } else if items.is_null() {
            continue;
        } else {
            let mut element = serde_json::Map::new();
            for (name, inner) in resolved(api, items)["properties"].as_object().into_iter().flatten() {
                element.insert(name.clone(), inner["example"].clone());
            }
            Value::Array(vec![Value::Object(element)])
        };
        value.insert(name.clone(), of_member);
    }
    Value::Object(value)
}

/// The schema that a reference names.
fn resolved<'a>(api: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => api.pointer(pointer).unwrap_or(schema),
        None => schema,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_of_the_gateway_is_described() {
        let api = serde_json::to_value(Api::openapi()).unwrap();
        for endpoint in crate::services::gateway::ENDPOINTS {
            let (method, path) = endpoint.split_once(' ').unwrap();
            if ["/docs", "/openapi.json"].contains(&path) {
                continue;
            }
            let operation = &api["paths"][path][method.to_lowercase()];
            assert!(operation["summary"].is_string(), "{endpoint}");
        }
    }

    #[test]
    fn the_page_shows_an_order_and_loads_nothing() {
        let page = render(&serde_json::to_value(Api::openapi()).unwrap());
        assert!(page.contains("<h2>POST /orders</h2>"));
        assert!(page.contains("&quot;quantity&quot;: 2"), "{page}");
        assert!(page.contains("<li id=\"out_of_stock\">"));
        assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"));
    }
}
