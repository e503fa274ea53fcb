//! Opened files, kept by the browser (IndexedDB) so that a reload, or another tab, finds them again. Without permission,
//! or where a browser keeps no files, nothing is kept and nothing fails.

use idb::builder::{DatabaseBuilder, IndexBuilder, ObjectStoreBuilder};
use idb::{Database, Error, KeyPath, TransactionMode};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

/// Name of the database and of its only object store.
const DATABASE: &str = "spandrel";
const FILES: &str = "files";
/// The index by trace id.
const TRACES: &str = "traces";
/// Maximum number of stored sets; the oldest are deleted first.
const MAX_SETS: usize = 5;
/// Maximum size of a set in bytes; larger ones are not stored.
const MAX_BYTES: f64 = 1_073_741_824.0;
/// Maximum size of a set in bytes if the browser cannot store files and they are copied.
const MAX_COPIED: f64 = 67_108_864.0;
/// Maximum number of indexed traces per set. The tab that opened it finds it without the index.
const MAX_TRACES: usize = 1_000;
/// Name of the tab's entry in the session storage: the key of the set that it has open.
const OPEN_SET: &str = "spandrel.files";

/// Keeps a set of files that are opened together, as the one that this tab has open. `traces` are the keys of the traces
/// in them.
pub async fn keep(files: &[File], traces: &[String]) {
    forget_open_set();
    if files.is_empty() || files.iter().map(|file| file.size()).sum::<f64>() > MAX_BYTES {
        return;
    }
    // Fails without permission or space: then files must be opened again after a reload.
    if store(&files.iter().collect(), traces).await.is_err()
        && files.iter().map(|file| file.size()).sum::<f64>() <= MAX_COPIED
        && let Some(copies) = copies(files).await
    {
        let _ = store(&copies, traces).await;
    }
}

/// Keeps a set in place of the one that this tab has open, of which it has more.
pub async fn keep_grown(files: &[File], traces: &[String]) {
    let grown = async {
        let key: f64 = session_storage()?.get_item(OPEN_SET).ok()??.parse().ok()?;
        let database = open().await.ok()?;
        let transaction = database.transaction(&[FILES], TransactionMode::ReadWrite).ok()?;
        let store = transaction.object_store(FILES).ok()?;
        store.delete(JsValue::from_f64(key)).ok()?.await.ok()?;
        transaction.commit().ok()?.await.ok()
    };
    // A set that could not be deleted is one of those that are kept, until newer ones follow.
    grown.await;
    keep(files, traces).await;
}

/// Name and bytes of each file, for private windows of WebKit, which keep no files.
async fn copies(files: &[File]) -> Option<Array> {
    let copies = Array::new();
    for file in files {
        let bytes = JsFuture::from(file.array_buffer()).await.ok()?;
        copies.push(&Array::of2(&file.name().into(), &bytes));
    }
    Some(copies)
}

/// Stores the files, or name and bytes of each.
async fn store(files: &Array, traces: &[String]) -> Result<(), Error> {
    let database = open().await?;
    let transaction = database.transaction(&[FILES], TransactionMode::ReadWrite)?;
    let store = transaction.object_store(FILES)?;
    let traces: Array = traces.iter().take(MAX_TRACES).map(|trace| JsValue::from_str(trace)).collect();
    let set = Object::new();
    for (name, value) in [(FILES, files), (TRACES, &traces)] {
        // Fails for frozen objects only.
        let _ = Reflect::set(&set, &name.into(), value);
    }
    let key = store.add(&set, None)?.await?;
    let keys = store.get_all_keys(None, None)?.await?;
    for old in &keys[..keys.len().saturating_sub(MAX_SETS)] {
        store.delete(old.clone())?.await?;
    }
    transaction.commit()?.await?;
    if let (Some(session), Some(key)) = (session_storage(), key.as_f64()) {
        // Fails if the storage is full.
        let _ = session.set_item(OPEN_SET, &key.to_string());
    }
    Ok(())
}

/// The files that this tab had open before it was reloaded.
pub async fn open_set() -> Option<Vec<File>> {
    let key: f64 = session_storage()?.get_item(OPEN_SET).ok()??.parse().ok()?;
    let database = open().await.ok()?;
    let transaction = database.transaction(&[FILES], TransactionMode::ReadOnly).ok()?;
    let set = transaction.object_store(FILES).ok()?.get(JsValue::from_f64(key)).ok()?.await.ok()?;
    set.as_ref().and_then(files_of)
}

/// The files, opened last, that a trace is in.
pub async fn with_trace(key: &str) -> Option<Vec<File>> {
    let database = open().await.ok()?;
    let transaction = database.transaction(&[FILES], TransactionMode::ReadOnly).ok()?;
    let index = transaction.object_store(FILES).ok()?.index(TRACES).ok()?;
    let sets = index.get_all(Some(JsValue::from_str(key).into()), None).ok()?.await.ok()?;
    sets.last().and_then(files_of)
}

/// Deletes all sets. Returns whether that could be done.
pub async fn clear() -> bool {
    forget_open_set();
    let cleared = async {
        let database = open().await?;
        let transaction = database.transaction(&[FILES], TransactionMode::ReadWrite)?;
        transaction.object_store(FILES)?.clear()?.await?;
        transaction.commit()?.await
    };
    cleared.await.is_ok()
}

fn session_storage() -> Option<web_sys::Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}

fn forget_open_set() {
    if let Some(session) = session_storage() {
        // Removing an entry that is not there is no error.
        let _ = session.remove_item(OPEN_SET);
    }
}

async fn open() -> Result<Database, Error> {
    let by_trace = IndexBuilder::new(TRACES.to_owned(), KeyPath::new_single(TRACES)).multi_entry(true);
    let files = ObjectStoreBuilder::new(FILES).auto_increment(true).add_index(by_trace);
    DatabaseBuilder::new(DATABASE).version(1).add_object_store(files).build().await
}

fn files_of(set: &JsValue) -> Option<Vec<File>> {
    let files: Array = Reflect::get(set, &FILES.into()).ok()?.dyn_into().ok()?;
    let files: Vec<File> = files.iter().filter_map(file_of).collect();
    (!files.is_empty()).then_some(files)
}

/// A stored file, or one of a stored name and bytes.
fn file_of(stored: JsValue) -> Option<File> {
    match stored.dyn_into::<File>() {
        Ok(file) => Some(file),
        Err(copy) => {
            let copy: Array = copy.dyn_into().ok()?;
            let name = copy.get(0).as_string()?;
            File::new_with_buffer_source_sequence(&Array::of1(&copy.get(1)), &name).ok()
        }
    }
}
