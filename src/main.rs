//! In a window: the app. In a worker: the engine.

fn main() {
    spandrel::io::random::seed_hashes();
    if web_sys::window().is_some() {
        spandrel::app::install_panic_hook();
        spandrel::app::mount();
    } else {
        spandrel::worker::install_panic_hook();
        spandrel::worker::serve();
    }
}
