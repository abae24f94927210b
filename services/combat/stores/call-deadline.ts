/** Deadline: no call of a store is awaited for ever; one that is late counts as the store being away. */
import { StoreUnavailable } from "./session-store.ts";

/** Settles as `running` does, or rejects with StoreUnavailable after `msMax`; what it does later is then unknown. */
export async function withDeadline<T>(call: { what: string; msMax: number }, running: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new StoreUnavailable(`${call.what}: no answer within ${call.msMax} ms; the outcome is unknown`));
    }, call.msMax);
  });
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}
