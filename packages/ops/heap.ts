/**
 * Heap: how the collector of a process of ours goes about it. Called once, before anything large is made.
 * Why: a collection of the whole heap takes 60 to 100 ms beside the work, on few cores in its place, and what comes in meanwhile
 *      is late by as much: P99 itself. V8 lowers the size at which it begins one the less a process promotes, and begins one for
 *      each 64 MiB of buffers, however little of them lives: combat with 500 matches did every 7 to 20 s. With these it is every
 *      40 (docs/decisions/0020).
 * Costs: memory that is in use before it is collected (--max-old-space-size still bounds it).
 */
import { setFlagsFromString } from "node:v8";

/** `percent`: of what lives, heap and buffers together, to be added before all of it is looked at again. */
export function letHeapGrow(percent: number): void {
  setFlagsFromString("--no-scavenger-updates-allocation-limit");
  setFlagsFromString(`--heap-growing-percent=${percent}`);
  setFlagsFromString("--external-memory-accounted-in-global-limit");
}
