//! The whole trace as a file for other tools.

use crate::state::data::Data;
use crate::state::tasks::{sleep, spawn};
use leptos::prelude::*;
use spandrel_trace::format::write::Export;
use spandrel_trace::units::Problem;
use wasm_bindgen::JsCast;
use web_sys::{Blob, HtmlAnchorElement, Url};

/// How long the browser has to take the file over, milliseconds.
const TAKING: u32 = 60_000;

/// Has the engine write the trace and the browser keep it as a file. `said` hears how it goes.
pub fn download(data: Data, id: &str, format: Export, said: RwSignal<String>) {
    write(data, id.to_owned(), format, said);
}

fn failed(problem: &Problem) -> String {
    format!("Downloading did not work: {}", problem.happened)
}

fn write(data: Data, id: String, format: Export, said: RwSignal<String>) {
    let work = async move {
        said.set("Writing …".to_owned());
        match data.download(&id, format).await {
            Ok(address) => {
                save(&address, &file_name(&id, format));
                said.set(String::new());
                sleep(TAKING).await;
                // The file is kept by now; where it is not, it can be asked for again.
                let _ = Url::revoke_object_url(&address);
            }
            Err(problem) => said.set(failed(&problem)),
        }
    };
    spawn(work);
}

/// Has the browser keep a text as a file.
pub fn save_text(text: &str, name: &str) {
    let parts = js_sys::Array::of1(&text.into());
    let address =
        Blob::new_with_str_sequence(&parts).and_then(|blob| Url::create_object_url_with_blob(&blob));
    // A browser that makes no files has said so by then.
    let Ok(address) = address else { return };
    save(&address, name);
    let work = async move {
        sleep(TAKING).await;
        let _ = Url::revoke_object_url(&address);
    };
    spawn(work);
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
