/**
 * Memory probe: loaded into a process with --import: tells its starter, when asked, what it holds after garbage is gone.
 * Not a module: it is only loaded.
 */
import { memoryLeft } from "../measure/heap.ts";

process.on("message", (message) => {
  if (message === "memory") process.send?.({ memory: memoryLeft() });
});
