/**
 * Timer promises: node:timers/promises on whatever timers the process has, which may be fake. Not a test itself.
 * For `vi.mock("node:timers/promises", () => import(...))`: vitest's fake timers do not reach Node's own.
 */

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export { nextTurn as setImmediate, pause as setTimeout };
