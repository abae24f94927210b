/**
 * Request queue: mends one method of kafkajs 2.2.4, for all of its connections in this process.
 * What is wrong: after the first answer of a broker each connection sets a timer to a time long past (of which Node warns),
 * finds nothing to send, and sets the next: 920 wake-ups a second, 2 % of a core, beside the ticks of the matches.
 * What it is now: a timer only while requests wait for a slot or for the end of a broker's throttling.
 * The package has no release that has this (its issues 1704 and 1751); another version of it is refused here, loudly.
 */
import { createRequire } from "node:module";
import { assert } from "#kit/assert.ts";

const RECHECK_MS = 10; // kafkajs' own; the answer to a request in flight checks, too.

type RequestQueue = {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
};

export function mendRequestQueue(): void {
  const { prototype } = createRequire(import.meta.url)("kafkajs/src/network/requestQueue/index.js");
  assert(typeof prototype.scheduleCheckPendingRequests === "function", "kafkajs has another request queue");
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return;
    const throttledMs = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      throttledMs > 0 ? throttledMs : RECHECK_MS,
    );
  };
}
