/** Patiently: asks a service again where its answer was late, for on a busy machine 50 ms may pass with nothing wrong. */
import { setTimeout as delay } from "node:timers/promises";
import type { Answer } from "#combat/related/answer.ts";
import { RELATED_CALL_MS_MAX } from "#combat/related/limits.ts";

const TRIES_MAX = 40;
const PAUSE_MS = 100;

/** The first that is no matter of time: an answer, or another reason. */
export async function patiently<T>(ask: () => Promise<Answer<T>>): Promise<Answer<T>> {
  for (let tries = 1; ; tries++) {
    const answer = await ask();
    if (answer.ok || !["late", "open"].includes(answer.why) || tries === TRIES_MAX) return answer;
    await delay(PAUSE_MS);
  }
}

/** Of timers, on such a machine. */
const LATENESS_MS_MAX = 400;

/** The same; but a call that takes longer than one may is an error. */
export async function timely<T>(asking: Promise<Answer<T>>): Promise<Answer<T>> {
  const startedMs = performance.now();
  const answer = await asking;
  const tookMs = performance.now() - startedMs;
  if (tookMs <= RELATED_CALL_MS_MAX + LATENESS_MS_MAX) return answer;
  throw new Error(`a call took ${Math.round(tookMs)} ms`);
}
