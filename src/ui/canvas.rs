//! A canvas with the resolution of the screen, painted at most once per frame, with colours from the stylesheet.

use gloo_events::EventListener;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement, ResizeObserver};

/// A canvas with a backing store in device pixels. Drawing is in device pixels.
#[derive(Clone, Debug)]
pub struct Surface {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
}

impl Surface {
    /// `None` if the browser provides no 2D context (too many canvases, or no support).
    pub fn new(canvas: HtmlCanvasElement) -> Option<Self> {
        let context = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        Some(Surface { canvas, context })
    }

    /// Sets the size of the backing store for `width` by `height` CSS pixels, and clears it. The element's own size
    /// is set by the stylesheet.
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

    /// The element.
    pub fn canvas(&self) -> &HtmlCanvasElement {
        &self.canvas
    }

    /// The 2D context.
    pub fn context(&self) -> &CanvasRenderingContext2d {
        &self.context
    }
}

/// Device pixels per CSS pixel.
pub fn pixel_ratio() -> f64 {
    web_sys::window().map_or(1.0, |window| window.device_pixel_ratio()).max(0.1)
}

/// Draws at most once per animation frame, however often it is requested. Idle without requests.
#[derive(Clone)]
pub struct Frame {
    inner: Rc<FrameInner>,
}

/// The callback of `requestAnimationFrame`.
type Draw = Closure<dyn FnMut(f64)>;

struct FrameInner {
    pending: Cell<Option<i32>>,
    draw: RefCell<Option<Draw>>,
}

impl Frame {
    /// `draw` is called with the frame's time stamp; `true` requests another frame.
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

    /// Requests drawing in the next frame.
    pub fn request(&self) {
        self.inner.request();
    }

    /// Whether drawing is pending.
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
            // If it was not cancelled in time, the callback does nothing.
            let _ = window.cancel_animation_frame(pending);
        }
    }
}

/// Observes an element's size until dropped.
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

/// The computed value of a custom property such as `--ink`.
pub fn custom_property(name: &str) -> String {
    custom_properties(&[name]).pop().unwrap_or_default()
}

/// The computed values of custom properties, in order; empty for undefined ones.
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

/// Observes changes of the theme, by the user or the system, until dropped.
pub struct ThemeWatch {
    observer: Option<web_sys::MutationObserver>,
    _changed: Closure<dyn FnMut()>,
    _system: Option<EventListener>,
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
            // If it fails, colours are outdated until the next page.
            let _ = observer.observe_with_options(&root, &options);
        }
        let query = window.and_then(|window| window.match_media("(prefers-color-scheme: dark)").ok()?);
        let system = query.map(|query| EventListener::new(&query, "change", move |_| by_system()));
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
