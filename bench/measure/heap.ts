/**
 * Heap: what a stretch of work allocated, and what is left when garbage is gone.
 * Law: nothing is estimated by sampling. Allocated is what the heap grew by, and what every collection meanwhile took away.
 */
import { GCProfiler, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What is in use after two whole collections: the second takes what the first one's finalizers let go. */
export function memoryLeft(): NodeJS.MemoryUsage {
  collect();
  collect();
  return process.memoryUsage();
}

/** Bytes of the heap. */
export function heapLeft(): number {
  return memoryLeft().heapUsed;
}

/** Begins; the function given back says how many bytes were allocated since. */
export function startAllocation(): () => number {
  const profiler = new GCProfiler();
  collect();
  profiler.start();
  const before = process.memoryUsage().heapUsed;
  return () => {
    const grown = process.memoryUsage().heapUsed - before;
    const { statistics } = profiler.stop();
    const freed = statistics.map(({ beforeGC, afterGC }) => {
      return beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize;
    });
    return grown + freed.reduce((sum, bytes) => sum + bytes, 0);
  };
}
