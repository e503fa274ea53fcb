// The engine's worker: runs the page's own program. The first message is the module that the page has compiled. A program
// that cannot be started is reported to the page.
//
// The name of the worker that `index.html` starts is the URL of the trace that the page will ask for, if there is one. It is
// requested at once, while the program is still being loaded; `io::fetch::early_request` takes the response.
if (self.name) {
  const controller = new AbortController();
  const response = fetch(self.name, { headers: { accept: "application/json" }, signal: controller.signal });
  response.catch(() => {}); // Who takes it reports the failure.
  self.spandrelEarlyRequest = { url: self.name, response, controller };
}
const script = import("./spandrel.js");
script.catch(() => {}); // Reported below.
const start = ({ data }) => script
  .then(({ default: init }) => init({ module_or_path: data }))
  .catch((error) => postMessage([0, "failed", String(error)]));
addEventListener("message", start, { once: true });
