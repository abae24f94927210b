/** Whoever plays by a call instead of a socket is told to come back for the same reasons, and for no others. */
import { describe, expect, test } from "vitest";
import { endOf } from "#combat/rpc/call-ends.ts";
import { CLOSES, type CloseReason } from "#wire/close-codes.ts";

describe("a call that ends", () => {
  test.each(Object.keys(CLOSES) as CloseReason[])("with %s", (reason) => {
    const end = endOf(reason);
    const comesBack = end !== "over" && ["UNAVAILABLE", "RATE_LIMITED"].includes(end.error);
    expect(comesBack).toBe(CLOSES[reason].reconnect);
  });

  test.each([
    { reason: "removed", error: "FORBIDDEN" },
    { reason: "taken_over", error: "INVALID_STATE_TRANSITION" },
    { reason: "unavailable", error: "UNAVAILABLE" },
  ] as const)("with $reason says $error", ({ reason, error }) => {
    expect(endOf(reason)).toMatchObject({ error, details: { reason } });
  });

  test("with its session is no error", () => {
    expect(endOf("session_over")).toBe("over");
  });
});
