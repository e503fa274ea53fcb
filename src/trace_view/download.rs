//! Saving traces and texts as files.

use crate::state::data::Data;
use crate::state::tasks::{sleep, spawn};
use leptos::prelude::*;
use spandrel_trace::analysis::narrowed::SpanFilter;
use spandrel_trace::format::write::Export;
use wasm_bindgen::JsCast;
use web_sys::{Blob, HtmlAnchorElement, Url};

/// How long the file's object URL stays valid for the browser to save it, milliseconds.
const VALID: u32 = 60_000;

/// Writes the spans of a trace that a filter lets through and saves them as a file. `status` says in words how it goes, and is empty when it is done.
pub fn download(data: Data, id: String, filter: SpanFilter, format: Export, status: RwSignal<String>) {
    spawn(async move {
        status.set("Writing…".to_owned());
        match data.download(&id, filter, format).await {
            Ok(address) => {
                save(&address, &file_name(&id, format));
                // The page may be gone by now.
                let _ = status.try_set(String::new());
                sleep(VALID).await;
                let _ = Url::revoke_object_url(&address);
            }
            Err(problem) => {
                let _ = status.try_set(format!("Couldn't download: {}", problem.happened));
            }
        }
    });
}

/// Saves a text as a file.
pub fn save_text(text: &str, name: &str) {
    let parts = js_sys::Array::of1(&text.into());
    let address =
        Blob::new_with_str_sequence(&parts).and_then(|blob| Url::create_object_url_with_blob(&blob));
    // A browser that cannot create files has reported it by now.
    let Ok(address) = address else { return };
    save(&address, name);
    spawn(async move {
        sleep(VALID).await;
        let _ = Url::revoke_object_url(&address);
    });
}

fn file_name(id: &str, format: Export) -> String {
    match format {
        Export::Jaeger => format!("{id}.jaeger.json"),
        Export::Otlp => format!("{id}.otlp.json"),
    }
}

fn save(address: &str, name: &str) {
    let Ok(link) = document().create_element("a") else { return };
    let link: HtmlAnchorElement = link.unchecked_into();
    link.set_href(address);
    link.set_download(name);
    link.click();
}
