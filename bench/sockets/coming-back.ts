/**
 * Coming back: one client's handshakes after its socket was cut, until one succeeds: the first at once, the next after the
 * back-off of packages/client. A refused handshake has no hint for it: a browser shows a page nothing but that it failed.
 * In:  how it is tried.   Out: how many were refused; rejects when the client would have given up.
 */
import { setTimeout as pause } from "node:timers/promises";
import { retryDelayMs } from "#client/backoff.ts";
import { ATTEMPTS_MAX, BACKOFF_BASE_MS, BACKOFF_CEILING_MS } from "#client/limits.ts";

const BACKOFF = { baseMs: BACKOFF_BASE_MS, ceilingMs: BACKOFF_CEILING_MS } as const;

export type Comer = {
  handshake(): Promise<void>;
  /** 0 to 1. */
  random(): number;
  wait?(ms: number): Promise<unknown>;
};

export async function comeBack({ handshake, random, wait = pause }: Comer): Promise<{ refused: number }> {
  for (let refused = 0; ; refused++) {
    try {
      await handshake();
      return { refused };
    } catch (error) {
      if (refused + 1 >= ATTEMPTS_MAX) throw error;
    }
    await wait(retryDelayMs({ failures: refused + 1, hintMs: null }, BACKOFF, random));
  }
}
