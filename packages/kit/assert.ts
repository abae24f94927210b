/** Assertions: our own code is trusted, and this is where trust is checked. Never for what came from the wire. */

export class AssertionError extends Error {
  override name = "AssertionError";
}

/** Throws when a promise of our own code is broken. `message` says which promise. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** For the default of a switch over a union: a case without a branch does not compile. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
