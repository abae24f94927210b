/**
 * Caller: calls of REST with a deadline, repeated as the contract allows until their outcome is known.
 * In:  a call of the book and how to ask it.   Out: the call with its outcome noted.
 * Law: 2xx is done; 4xx changed nothing, 429 included; anything else is unknown and is asked again, with the same key.
 */
import { type Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Call } from "./book.ts";

/** A little over the gateway's own deadline, so that its answer is heard when there is one. */
const ASK_MS_MAX = 7_000;
const AGAIN_MS = { least: 50, most: 400 } as const;

export type Ask = {
  readonly verb: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly token: string;
  readonly body?: unknown;
  readonly key?: string;
};

export type Said = { readonly status: number; readonly error: string; readonly body: Record<string, unknown> };

/** Where calls go now, and over which connections. */
export type Front = { readonly url: string; readonly agent: Agent };

/** Status 0: no answer at all. */
export function ask(front: Front, { verb, path, token, body, key }: Ask, msMax = ASK_MS_MAX): Promise<Said> {
  const text = body === undefined ? "" : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
    ...(key === undefined ? {} : { "idempotency-key": key }),
  };
  return new Promise((resolve) => {
    const none = (error: Error) => resolve({ status: 0, error: error.message, body: {} });
    const signal = AbortSignal.timeout(msMax);
    const call = request(front.url + path, { method: verb, headers, agent: front.agent, signal }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", none);
      response.on("end", () => resolve(saidOf(response.statusCode ?? 0, Buffer.concat(parts).toString())));
    });
    call.on("error", none);
    call.end(text);
  });
}

function saidOf(status: number, text: string): Said {
  try {
    const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
    return { status, error: String(body["error"] ?? ""), body };
  } catch (error) {
    return { status: 0, error: `${status} with a body that is no JSON: ${String(error)}`, body: {} };
  }
}

export type Settling = {
  readonly front: Front;
  readonly asked: Ask;
  /** False: no more tries; what is unknown then stays unknown. */
  readonly goesOn: () => boolean;
  readonly random: () => number;
};

/** Asks until the outcome is known. */
export async function settle(call: Call, { front, asked, goesOn, random }: Settling): Promise<Call> {
  for (;;) {
    call.tries += 1;
    const { status, error, body } = await ask(front, asked);
    call.said = `${status} ${error}`;
    call.answer = body;
    if (status >= 200 && status < 300) {
      call.outcome = "done";
      return call;
    }
    if (status >= 400 && status < 500 && status !== 429) {
      call.outcome = "refused";
      return call;
    }
    if (status !== 429) call.mayHaveActed = true;
    call.outcome = call.mayHaveActed ? "unknown" : "refused";
    if (!goesOn()) return call;
    await delay(AGAIN_MS.least + random() * (AGAIN_MS.most - AGAIN_MS.least));
  }
}
