//! What is shown after a panic or a trap. Either ends the program: nothing on the page answers any more, so the message is plain
//! HTML beside the app, and reloading it is a link that the browser follows by itself.

use js_sys::Reflect;
use std::cell::Cell;
use std::panic;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::ErrorEvent;

/// Longest part of a panic's message that is shown, characters.
const MESSAGE: usize = 600;

thread_local! {
    static IS_SHOWN: Cell<bool> = const { Cell::new(false) };
}

/// Makes every later panic report to the console and show a problem on the page; traps, which end the program without a
/// panic (there is no memory left), show the same.
pub fn install_panic_hook() {
    panic::set_hook(Box::new(|info| {
        show_crash(&info.to_string());
        console_error_panic_hook::hook(info);
    }));
    let listen = Closure::<dyn Fn(ErrorEvent)>::new(|event: ErrorEvent| {
        let name = Reflect::get(&event.error(), &"name".into()).ok().and_then(|name| name.as_string());
        if name.as_deref() == Some("RuntimeError") {
            show_crash(&event.message());
        }
    });
    if let Some(window) = web_sys::window() {
        // Without the listener traps are reported in the console only.
        let _ = window.add_event_listener_with_callback("error", listen.as_ref().unchecked_ref());
    }
    listen.forget();
}

/// Shows the problem, once: the first panic is the cause of later ones.
pub fn show_crash(message: &str) {
    if IS_SHOWN.replace(true) {
        return;
    }
    let Some(page) = web_sys::window().and_then(|window| window.document()) else { return };
    let address = page.url().unwrap_or_default();
    // An address with a fragment would not reload the page.
    let address = address.split('#').next().unwrap_or_default();
    let card = format!(
        r#"<section class="problem crash" role="alert" data-test="problem">
<h2 class="problem__what" data-test="problem-what">Spandrel crashed</h2>
<p class="problem__happened" data-test="problem-happened">This page stopped working because of an error in the program.</p>
<ul class="problem__try" data-test="problem-try"><li>Reload the page. The address keeps what you were looking at, and the browser the files that are open.</li></ul>
<p><a class="button button--main" data-test="crash-reload" href="{}">Reload the page</a></p>
<dl class="problem__facts"><dt>Error</dt><dd><pre class="problem__excerpt" tabindex="0">{}</pre></dd></dl>
</section>"#,
        escaped(address),
        escaped(&message.chars().take(MESSAGE).collect::<String>()),
    );
    if let Some(body) = page.body() {
        // There is nothing left to report a failure with.
        let _ = body.insert_adjacent_html("afterbegin", &card);
    }
    if let Some(root) = page.document_element() {
        // Nothing is pending any more.
        let _ = root.set_attribute("data-idle", "true");
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
