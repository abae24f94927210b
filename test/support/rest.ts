/**
 * REST: plain `fetch` against a running gateway, for tests that judge status, headers and body themselves.
 * In:  a base URL and a token or null.   Out: a function that asks and gives back everything that was answered.
 */
import { expect } from "vitest";
import type { CombatSession } from "#client/index.ts";

export type Verb = "GET" | "POST" | "PUT" | "DELETE";

/** What every refusal looks like. */
export type ErrorBody = { readonly error: string; readonly message: string; readonly details: Record<string, unknown> };

export type RestAnswer = { readonly status: number; readonly headers: Headers; readonly text: string };

/** `body`: a string goes as it is, anything else as JSON, undefined as no body at all. */
export type RestCaller = (
  verb: Verb,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<RestAnswer>;

export function restCaller(base: string, token: string | null): RestCaller {
  return async (verb, path, body, headers = {}) => {
    const response = await fetch(base + path, {
      method: verb,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
}

/** The body of an answer that must have this status; the whole answer is in the failure. */
export function bodyOf<Body>(answer: RestAnswer, status: number): Body {
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status });
  return JSON.parse(answer.text) as Body;
}

export function refusalOf(answer: RestAnswer, status: number, error: string): ErrorBody {
  const body = bodyOf<ErrorBody>(answer, status);
  expect(body).toEqual({ error, message: expect.any(String), details: expect.any(Object) });
  return body;
}

export async function readSession(call: RestCaller, id: string): Promise<CombatSession> {
  return bodyOf<CombatSession>(await call("GET", `/sessions/${id}`), 200);
}
