//! A canvas as sharp as the screen, painted at most once a frame, with colours from the stylesheet.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{CanvasRenderingContext2d, Element, EventTarget, HtmlCanvasElement, ResizeObserver};

/// A canvas whose backing store follows the device's pixels. Drawing is in device pixels.
#[derive(Clone, Debug)]
pub struct Surface {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
}

impl Surface {
    /// `None` where the browser gives no 2D context (too many canvases, or none at all).
    pub fn new(canvas: HtmlCanvasElement) -> Option<Self> {
        let context = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        Some(Surface { canvas, context })
    }

    /// Gives the backing store the size for `width` by `height` CSS pixels, and clears it either way. The
    /// element's own size is the stylesheet's business.
    pub fn clear(&self, width: f64, height: f64) {
        let ratio = pixel_ratio();
        let (wide, high) = ((width * ratio).round() as u32, (height * ratio).round() as u32);
        if self.canvas.width() != wide || self.canvas.height() != high {
            // Setting either clears the canvas and its state.
            self.canvas.set_width(wide);
            self.canvas.set_height(high);
        } else {
            self.context.clear_rect(0.0, 0.0, f64::from(wide), f64::from(high));
        }
    }

    /// Where to draw.
    pub fn context(&self) -> &CanvasRenderingContext2d {
        &self.context
    }
}

/// Device pixels in a CSS pixel.
pub fn pixel_ratio() -> f64 {
    web_sys::window().map_or(1.0, |window| window.device_pixel_ratio()).max(0.1)
}

/// Draws at most once an animation frame, however often it is asked to. Nothing runs while nothing is asked.
#[derive(Clone)]
pub struct Frame {
    inner: Rc<FrameInner>,
}

/// What the browser calls with the frame's time stamp.
type Draw = Closure<dyn FnMut(f64)>;

struct FrameInner {
    pending: Cell<Option<i32>>,
    draw: RefCell<Option<Draw>>,
}

impl Frame {
    /// `draw` is called with the frame's time stamp; `true` asks for another frame.
    pub fn new(draw: impl FnMut(f64) -> bool + 'static) -> Self {
        Self::boxed(Box::new(draw))
    }

    fn boxed(mut draw: Box<dyn FnMut(f64) -> bool>) -> Self {
        let inner = Rc::new(FrameInner { pending: Cell::new(None), draw: RefCell::new(None) });
        let weak = Rc::downgrade(&inner);
        let closure = Closure::new(move |time: f64| {
            let Some(inner) = weak.upgrade() else { return };
            inner.pending.set(None);
            if draw(time) {
                inner.request();
            }
        });
        *inner.draw.borrow_mut() = Some(closure);
        Frame { inner }
    }

    /// Asks for a drawing in the next frame.
    pub fn request(&self) {
        self.inner.request();
    }

    /// Whether a drawing is due.
    pub fn is_pending(&self) -> bool {
        self.inner.pending.get().is_some()
    }
}

impl FrameInner {
    fn request(&self) {
        if self.pending.get().is_some() {
            return;
        }
        let (Some(window), Ok(draw)) = (web_sys::window(), self.draw.try_borrow()) else { return };
        if let Some(draw) = draw.as_ref() {
            self.pending.set(window.request_animation_frame(draw.as_ref().unchecked_ref()).ok());
        }
    }
}

impl Drop for FrameInner {
    fn drop(&mut self) {
        if let (Some(window), Some(pending)) = (web_sys::window(), self.pending.get()) {
            // A frame that was cancelled in vain finds nobody at home and does nothing.
            let _ = window.cancel_animation_frame(pending);
        }
    }
}

/// Watches an element's size until dropped.
pub struct SizeWatch {
    observer: Option<ResizeObserver>,
    _changed: Closure<dyn FnMut()>,
}

impl SizeWatch {
    /// Calls `changed` when the content box of `element` changes, and once at the start.
    pub fn new(element: &Element, changed: impl FnMut() + 'static) -> Self {
        let changed: Box<dyn FnMut()> = Box::new(changed);
        let closure = Closure::wrap(changed);
        let observer = ResizeObserver::new(closure.as_ref().unchecked_ref()).ok();
        if let Some(observer) = &observer {
            observer.observe(element);
        }
        SizeWatch { observer, _changed: closure }
    }
}

impl Drop for SizeWatch {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}

/// What hears an event. Not a `dyn FnMut`, in which each closure would be there twice: to be called and to be used up.
trait Hear {
    fn hear(&mut self, event: web_sys::Event);
}

impl<F: FnMut(web_sys::Event)> Hear for F {
    fn hear(&mut self, event: web_sys::Event) {
        self(event);
    }
}

/// An event listener that is removed when dropped. Not passive, so the default can be prevented.
pub struct Listener {
    target: EventTarget,
    event: &'static str,
    closure: Closure<dyn FnMut(web_sys::Event)>,
}

impl Listener {
    /// Calls `heard` for every `event` on `target`. `E` must be the event's class.
    pub fn new<E: JsCast>(
        target: &EventTarget,
        event: &'static str,
        mut heard: impl FnMut(E) + 'static,
    ) -> Self {
        Self::boxed(target, event, Box::new(move |event: web_sys::Event| heard(event.unchecked_into())))
    }

    fn boxed(target: &EventTarget, event: &'static str, mut heard: Box<dyn Hear>) -> Self {
        let closure = Closure::new(move |event| heard.hear(event));
        let options = web_sys::AddEventListenerOptions::new();
        options.set_passive(false);
        // Only a broken target refuses; then there is nothing to hear.
        let _ = target.add_event_listener_with_callback_and_add_event_listener_options(
            event,
            closure.as_ref().unchecked_ref(),
            &options,
        );
        Listener { target: target.clone(), event, closure }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self
            .target
            .remove_event_listener_with_callback(self.event, self.closure.as_ref().unchecked_ref());
    }
}

/// The value of a custom property such as `--ink`, as it applies to the page now.
pub fn custom_property(name: &str) -> String {
    custom_properties(&[name]).pop().unwrap_or_default()
}

/// The values of several custom properties, in order; empty where one is not defined.
pub fn custom_properties(names: &[&str]) -> Vec<String> {
    let style = web_sys::window().and_then(|window| {
        let root = window.document()?.document_element()?;
        window.get_computed_style(&root).ok()?
    });
    let value = |name: &&str| {
        let value = style.as_ref().and_then(|style| style.get_property_value(name).ok());
        value.unwrap_or_default().trim().to_owned()
    };
    names.iter().map(value).collect()
}

/// Watches for a change of theme, by choice or by the system, until dropped.
pub struct ThemeWatch {
    observer: Option<web_sys::MutationObserver>,
    _changed: Closure<dyn FnMut()>,
    _system: Option<Listener>,
}

impl ThemeWatch {
    /// Calls `changed` after every change.
    pub fn new(changed: impl Fn() + 'static) -> Self {
        let changed: Rc<dyn Fn()> = Rc::new(changed);
        let by_system = changed.clone();
        let closure: Closure<dyn FnMut()> = Closure::new(move || changed());
        let observer = web_sys::MutationObserver::new(closure.as_ref().unchecked_ref()).ok();
        let window = web_sys::window();
        let root =
            window.as_ref().and_then(|window| window.document()).and_then(|page| page.document_element());
        if let (Some(observer), Some(root)) = (&observer, root) {
            let options = web_sys::MutationObserverInit::new();
            options.set_attributes(true);
            options.set_attribute_filter(&js_sys::Array::of1(&"data-theme".into()));
            // Without it colours are stale until the next page: no reason to fail.
            let _ = observer.observe_with_options(&root, &options);
        }
        let query = window.and_then(|window| window.match_media("(prefers-color-scheme: dark)").ok()?);
        let system = query.map(|query| Listener::new(&query, "change", move |_: web_sys::Event| by_system()));
        ThemeWatch { observer, _changed: closure, _system: system }
    }
}

impl Drop for ThemeWatch {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}
