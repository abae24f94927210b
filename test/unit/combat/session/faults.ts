/**
 * Faults: lets a store fail, hang or answer late on demand, whatever its port. Not a test itself.
 * `before` a call: a throw, or a promise that does not resolve, and nothing is done. `after`: it is done, and nobody hears.
 */
import { StoreUnavailable } from "#combat/stores/session-store.ts";

type Hook = (call: string, parts: readonly unknown[]) => void | Promise<void>;

export type Faults = { before: Hook; after: Hook };

export function noFaults(): Faults {
  return { before: () => {}, after: () => {} };
}

/** The port with faults: every method is asked. */
export function faulty<Port extends object>(port: Port, faults: Faults): Port {
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...parts: unknown[]) => {
        await faults.before(String(name), parts);
        const answer: unknown = await value.apply(target, parts);
        await faults.after(String(name), parts);
        return answer;
      };
    },
  });
}

export function unavailable(): never {
  throw new StoreUnavailable("away, as the test wants it");
}

/** A promise that a test resolves, or never. */
export type Gate = { readonly opened: Promise<void>; open(): void };

export function gate(): Gate {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
