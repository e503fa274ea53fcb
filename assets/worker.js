// The engine's worker: the same program as the page's, from the modules that the page has compiled already. The first
// message is the program, one named "later" brings its second part, which must be there when the next is heard.
import init from "./spandrel.js";
let program;
addEventListener("message", async ({ data }) => {
  if (data instanceof WebAssembly.Module) program = await init({ module_or_path: data });
  else if (data[1] === "later") new WebAssembly.Instance(data[2], { "": program });
});
