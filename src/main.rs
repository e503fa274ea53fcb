//! In a window: the app. In a worker: the engine.

fn main() {
    console_error_panic_hook::set_once();
    if web_sys::window().is_some() { spandrel::app::mount() } else { spandrel::worker::serve() }
}
