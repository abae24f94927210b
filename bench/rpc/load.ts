/**
 * Load: calls of one method in a row or at a rate, and what came of them; whichever client makes them.
 * Law: plain data: it crosses from process to process. Requests are taken in turns; there may be fewer than calls.
 */

export type Pace =
  /** So many callers, each of whom calls again when it is answered: what the server manages. */
  | { readonly kind: "closed"; readonly callers: number }
  /** Calls at a rate, answered or not: how long an answer takes when the server is not full. */
  | { readonly kind: "open"; readonly perSecond: number };

export type Load = {
  /** host:port. */
  readonly target: string;
  readonly method: MethodName;
  /** In protobuf's JSON. */
  readonly requests: readonly object[];
  readonly calls: number;
  readonly token: string;
  readonly pace: Pace;
};

export type MethodName = "getSession" | "createSession" | "joinSession";

export type Measured = {
  readonly calls: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Calls that were not answered well, by what was said. */
  readonly failed: { readonly [why: string]: number };
};

/** Something that makes calls, in a process of its own. */
export type Loader = { readonly name: string; run(load: Load): Promise<Measured> };
