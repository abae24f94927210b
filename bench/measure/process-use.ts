/** Process use: CPU, memory and descriptors of any process of this machine, as Linux counts them. */
import { readdir, readFile } from "node:fs/promises";
import { statOf } from "#tools/services/processes.ts";

/** Linux tells times of processes in hundredths of a second. */
const TICKS_PER_S = 100;

/** User and system together, all threads; seconds since its start. */
export async function cpuSeconds(pid: number): Promise<number> {
  const fields = await statOf(`/proc/${pid}/stat`);
  if (fields === null) throw new Error(`process ${pid} is gone`);
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

/** Bytes in memory. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "latin1");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Files, sockets and whatever else it holds open. */
export async function descriptors(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}
