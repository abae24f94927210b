/** Record stores as the contract takes them: one adapter's, and what a test needs around them. */
import type { RecordStores } from "#combat/stores/session-store.ts";
import type { ManualClock } from "#kit/clock.ts";

export type StoresUnderTest = {
  stores: RecordStores;
  readonly clock: ManualClock;
  /** Takes all records out. */
  clear(): Promise<void>;
  /** Closes the stores and opens them again over what they kept; puts them in `stores`. */
  restart(): Promise<void>;
  /** Closes and removes everything. */
  end(): Promise<void>;
};

export type Given = () => StoresUnderTest;
