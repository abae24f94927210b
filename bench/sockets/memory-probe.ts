/**
 * Memory probe: loaded into a process with --import: tells its starter, when asked, what it holds after garbage is gone.
 * Not a module: it is only loaded.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

process.on("message", (message) => {
  if (message !== "memory") return;
  collect();
  collect(); // The second takes what the first one's finalizers let go.
  process.send?.({ memory: process.memoryUsage() });
});
