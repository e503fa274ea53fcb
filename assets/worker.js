// The engine's worker: the same program as the page's, from the module that the page has compiled already.
import init from "./spandrel.js";
addEventListener("message", (event) => init({ module_or_path: event.data }), { once: true });
