/** Ids on our wires are canonical lower-case UUIDs and nothing else, so that one id has one spelling. */

const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isUuid(text: unknown): text is string {
  return typeof text === "string" && CANONICAL.test(text);
}
