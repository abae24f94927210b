/**
 * Heap: how the collector of a process of ours goes about it. Called once, before anything large is made.
 * Why: a collection of the whole heap takes 60 to 100 ms beside the work, on few cores in its place, and each is a hundredth of ten
 *      seconds: P99 itself. V8 lowers the size at which it begins one the less a process promotes, so that a quiet process with a
 *      heap of 75 MB began one every two to five seconds, to free a tenth of it; with these it is every 7 to 20.
 * Costs: memory that is in use before it is collected (--max-old-space-size still bounds it).
 */
import { setFlagsFromString } from "node:v8";

/** `percent`: of the living heap, to be added before all of it is looked at again. */
export function letHeapGrow(percent: number): void {
  setFlagsFromString("--no-scavenger-updates-allocation-limit");
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}
