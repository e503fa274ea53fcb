// The engine's worker: runs the page's own program. The first message is the module that the page has compiled.
import init from "./spandrel.js";
addEventListener("message", ({ data }) => init({ module_or_path: data }), { once: true });
