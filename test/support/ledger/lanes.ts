/**
 * Lanes: the rounds of a fault spread over several systems of their own, side by side, so that waiting is shared.
 * In:  how many systems, how many rounds altogether, what to do in one system.   Out: what each gave back.
 * Law: the first failure is thrown when all have come to their end, so that every system is taken down in order.
 */
import { FAULT_ROUNDS } from "./chance.ts";

export async function inLanes<T>(
  lanes: number,
  work: (lane: number, rounds: number) => Promise<T>,
  rounds: number = FAULT_ROUNDS,
): Promise<T[]> {
  const used = Math.min(lanes, rounds);
  const outcomes = await Promise.allSettled(
    Array.from({ length: used }, (_, lane) => work(lane, Math.ceil((rounds - lane) / used))),
  );
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<T>).value);
}
