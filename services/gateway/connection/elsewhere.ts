/** Elsewhere: what combat says about a session that another of its instances serves. Clients never see the address. */
import type { Problem } from "#wire/problem.ts";

/** host:port of the instance; null when the problem is another. */
export function servedAt({ error, details }: Problem): string | null {
  const { served_at: address } = details;
  return error === "UNAVAILABLE" && typeof address === "string" ? address : null;
}

export function withoutAddress(why: Problem): Problem {
  if (servedAt(why) === null) return why;
  const { served_at: _, ...details } = why.details;
  return { ...why, message: "The session is not served here just now; try again", details };
}
