// The engine's worker: runs the page's own program. The first message is the module that the page has compiled. A program
// that cannot be started is reported to the page.
import init from "./spandrel.js";
const start = ({ data }) => init({ module_or_path: data }).catch((error) => postMessage([0, "failed", String(error)]));
addEventListener("message", start, { once: true });
