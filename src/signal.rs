//! Values that views follow: Leptos' signals with their types put on outside.
//!
//! What depends on what, and what lives how long, is Leptos' business: triggers, memos, effects, owners. But Leptos
//! compiles all of a signal again for each type of value, three kilobytes of wasm every time. Here its part is compiled
//! once, for values of no particular type, and only reading and writing know what is in them. What is said of these
//! types in Leptos' book holds here as well, with two exceptions: nothing has to be `Send`, and setting
//! a signal that has gone does nothing.

use leptos::prelude as leptos;
use leptos::{
    ArcTrigger, Get as _, GetUntracked as _, GetValue as _, IsDisposed as _, LocalStorage, Notify as _,
    Track as _,
};
pub use leptos::{
    Owner, batch, document, expect_context, provide_context, set_timeout, untrack, use_context, window,
};
use std::any::Any;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::rc::Rc;

/// Anything at all, kept by the owner that was there when it was made.
type Kept = leptos::StoredValue<Rc<dyn Any>, LocalStorage>;

/// Keeps something for as long as what is being built or run: a listener, a watch, a frame.
pub fn keep(thing: impl Any) {
    kept(Rc::new(thing));
}

fn kept(thing: Rc<dyn Any>) -> Kept {
    Kept::new_local(thing)
}

/// Whoever asks has put it there, so it is what it is asked for.
fn known<T: 'static>(thing: &Rc<dyn Any>) -> &T {
    thing.downcast_ref().unwrap_or_else(|| unreachable!("a handle knows its type"))
}

/// A value of its own, without signals. A handle: copied freely.
pub struct StoredValue<T>(Kept, PhantomData<fn() -> T>);

impl<T: 'static> StoredValue<T> {
    /// Keeps `value`.
    pub fn new(value: T) -> Self {
        StoredValue(kept(Rc::new(RefCell::new(value))), PhantomData)
    }

    /// Looks at it.
    pub fn with_value<U>(self, look: impl FnOnce(&T) -> U) -> U {
        look(&known::<RefCell<T>>(&self.0.get_value()).borrow())
    }

    /// A copy of it.
    pub fn get_value(self) -> T
    where
        T: Clone,
    {
        self.with_value(T::clone)
    }

    /// Changes it. `None` if it has gone.
    pub fn update_value<U>(self, change: impl FnOnce(&mut T) -> U) -> Option<U> {
        let kept = self.0.try_get_value()?;
        let changed = change(&mut known::<RefCell<T>>(&kept).borrow_mut());
        Some(changed)
    }

    /// Puts another in its place.
    pub fn set_value(self, value: T) {
        self.update_value(|now| *now = value);
    }
}

/// What a signal is to Leptos.
#[derive(Clone)]
struct Followed {
    value: Rc<dyn Any>,
    changes: ArcTrigger,
}

type Source = leptos::StoredValue<Followed, LocalStorage>;

fn followed(value: Rc<dyn Any>) -> Source {
    Source::new_local(Followed { value, changes: ArcTrigger::new() })
}

fn tracked(source: Source) -> Rc<dyn Any> {
    let Followed { value, changes } = source.get_value();
    changes.track();
    value
}

fn untracked(source: Source) -> Rc<dyn Any> {
    source.get_value().value
}

fn told(source: Source) {
    if let Some(source) = source.try_get_value() {
        source.changes.notify();
    }
}

/// Looks into what [`tracked`] and its like have found.
fn look_into<T: 'static, U>(found: &Rc<dyn Any>, look: impl FnOnce(&T) -> U) -> U {
    match known::<RefCell<Option<T>>>(found).borrow().as_ref() {
        Some(value) => look(value),
        None => unreachable!("it has been worked out"),
    }
}

fn place<T: 'static>(value: T) -> Rc<dyn Any> {
    Rc::new(RefCell::new(Some(value)))
}

/// A value that is followed. A handle: copied freely.
pub struct RwSignal<T>(Source, PhantomData<fn() -> T>);

impl<T: 'static> RwSignal<T> {
    /// A signal that is `value` to begin with.
    pub fn new(value: T) -> Self {
        RwSignal(followed(place(value)), PhantomData)
    }

    fn followed(self) -> Rc<dyn Any> {
        tracked(self.0)
    }

    fn now(self) -> Rc<dyn Any> {
        untracked(self.0)
    }

    /// Whether what it belonged to has gone; then there is no value to look at.
    pub fn is_gone(self) -> bool {
        self.0.is_disposed()
    }

    /// Changes the value; who follows it is told.
    pub fn update(self, change: impl FnOnce(&mut T)) {
        if self.is_gone() {
            return;
        }
        if let Some(value) = known::<RefCell<Option<T>>>(&untracked(self.0)).borrow_mut().as_mut() {
            change(value);
        }
        told(self.0);
    }

    /// Puts another value in its place; who follows it is told.
    pub fn set(self, value: T) {
        if !self.is_gone() {
            *known::<RefCell<Option<T>>>(&untracked(self.0)).borrow_mut() = Some(value);
            told(self.0);
        }
    }
}

/// A value that follows from others, worked out when it is looked at. A handle: copied freely.
pub struct Memo<T> {
    /// Counts the different values it has had.
    version: leptos::Memo<u32>,
    value: Kept,
    of: PhantomData<fn() -> T>,
}

/// Works out a memo's value; says whether it is another.
trait WorkOut {
    fn work_out(&mut self) -> bool;
}

impl<F: FnMut() -> bool> WorkOut for F {
    fn work_out(&mut self) -> bool {
        self()
    }
}

fn version(work: Box<dyn WorkOut>) -> leptos::Memo<u32> {
    // Leptos wants what may go to other threads: a handle may, and there are none.
    let work = StoredValue::new(work);
    leptos::Memo::new(move |before: Option<&u32>| {
        let before = before.copied().unwrap_or_default();
        let is_new = work.update_value(|work| work.work_out()).unwrap_or_default();
        if is_new { before.wrapping_add(1) } else { before }
    })
}

fn worked_out(version: leptos::Memo<u32>, value: Kept) -> Rc<dyn Any> {
    version.get();
    value.get_value()
}

impl<T: 'static> Memo<T> {
    /// What `work` gives, which is told what it gave before.
    pub fn new(work: impl Fn(Option<&T>) -> T + 'static) -> Self
    where
        T: PartialEq,
    {
        Self::new_with_compare(work, |before, now| before == now)
    }

    /// As [`Memo::new`], with `same` to tell whether there is news.
    pub fn new_with_compare(work: impl Fn(Option<&T>) -> T + 'static, same: fn(&T, &T) -> bool) -> Self {
        let value = Rc::new(RefCell::new(None::<T>));
        let kept_value = kept(value.clone());
        let work_out = move || {
            let now = work(value.borrow().as_ref());
            let is_new = value.borrow().as_ref().is_none_or(|before| !same(before, &now));
            if is_new {
                *value.borrow_mut() = Some(now);
            }
            is_new
        };
        Memo { version: version(Box::new(work_out)), value: kept_value, of: PhantomData }
    }

    fn followed(self) -> Rc<dyn Any> {
        worked_out(self.version, self.value)
    }

    fn now(self) -> Rc<dyn Any> {
        self.version.get_untracked();
        self.value.get_value()
    }
}

/// Any of them, to be read. A handle: copied freely.
pub struct Signal<T>(Origin, PhantomData<fn() -> T>);

#[derive(Clone, Copy)]
enum Origin {
    Set(Source),
    Memo(leptos::Memo<u32>, Kept),
    Derived(StoredValue<Rc<dyn Fn() -> Rc<dyn Any>>>),
}

fn read(origin: Origin) -> Rc<dyn Any> {
    match origin {
        Origin::Set(source) => tracked(source),
        Origin::Memo(version, value) => worked_out(version, value),
        Origin::Derived(work) => work.get_value()(),
    }
}

impl<T: 'static> Signal<T> {
    /// What `work` gives, every time it is looked at.
    pub fn derive(work: impl Fn() -> T + 'static) -> Self {
        Signal(Origin::Derived(StoredValue::new(Rc::new(move || place(work())))), PhantomData)
    }

    /// Always the same.
    pub fn stored(value: T) -> Self {
        RwSignal::new(value).into()
    }

    fn followed(self) -> Rc<dyn Any> {
        read(self.0)
    }

    fn now(self) -> Rc<dyn Any> {
        untrack(|| read(self.0))
    }
}

impl<T: 'static> From<RwSignal<T>> for Signal<T> {
    fn from(signal: RwSignal<T>) -> Self {
        Signal(Origin::Set(signal.0), PhantomData)
    }
}

impl<T: 'static> From<Memo<T>> for Signal<T> {
    fn from(memo: Memo<T>) -> Self {
        Signal(Origin::Memo(memo.version, memo.value), PhantomData)
    }
}

/// Something to be called. A handle: copied freely.
pub struct Callback<I, O = ()>(StoredValue<Rc<dyn Fn(I) -> O>>);

impl<I: 'static, O: 'static> Callback<I, O> {
    /// Calls `act`.
    pub fn new(act: impl Fn(I) -> O + 'static) -> Self {
        Callback(StoredValue::new(Rc::new(act)))
    }

    /// Calls it.
    pub fn run(self, with: I) -> O {
        self.0.get_value()(with)
    }
}

impl<T: Default + 'static> Default for StoredValue<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: Default + 'static> Default for RwSignal<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

/// How each of them is read. Written once for all; a trait would have to be imported by whoever reads.
macro_rules! readable {
    ($($name:ident)+) => {$(
        impl<T: 'static> $name<T> {
            /// Looks at the value, and follows it.
            pub fn with<U>(self, look: impl FnOnce(&T) -> U) -> U {
                look_into(&self.followed(), look)
            }

            /// Looks at the value as it is now.
            pub fn with_untracked<U>(self, look: impl FnOnce(&T) -> U) -> U {
                look_into(&self.now(), look)
            }

            /// The value, followed.
            pub fn get(self) -> T
            where
                T: Clone,
            {
                self.with(T::clone)
            }

            /// The value as it is now.
            pub fn get_untracked(self) -> T
            where
                T: Clone,
            {
                self.with_untracked(T::clone)
            }

            /// Follows the value.
            pub fn track(self) {
                self.followed();
            }
        }
    )+};
}

readable! { RwSignal Memo Signal }

macro_rules! handles {
    ($($name:ident<$($of:ident),+>)+) => {$(
        impl<$($of),+> Clone for $name<$($of),+> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$($of),+> Copy for $name<$($of),+> {}
    )+};
}

handles! { StoredValue<T> RwSignal<T> Memo<T> Signal<T> Callback<I, O> }
