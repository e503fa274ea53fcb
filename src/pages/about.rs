//! What this is.

use leptos::prelude::*;

/// The about page.
#[component]
pub fn About() -> impl IntoView {
    view! {
        <div class="settings about">
            <h1>"About Spandrel"</h1>
            <p>
                "Spandrel shows traces: what happened in a request, span by span, over time. It reads them from a
                 Jaeger, from its own server, or from files that you drop on the page; files never leave this browser."
            </p>
            <dl>
                <dt>"Version"</dt>
                <dd>{env!("CARGO_PKG_VERSION")}</dd>
                <dt>"Reads"</dt>
                <dd>"Jaeger JSON, OTLP JSON (objects, arrays, lines), OTLP protobuf; each also gzipped"</dd>
                <dt>"Asks"</dt>
                <dd>"Jaeger's HTTP API, version 3 first, version 1 where it must"</dd>
                <dt>"Licence"</dt>
                <dd>"MIT or Apache-2.0, as you prefer"</dd>
            </dl>
        </div>
    }
}
