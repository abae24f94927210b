/** Rare log: warnings that may come with every call, told once in LOG_REPEAT_MS, with how many were held back since. */
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import { LOG_REPEAT_MS, LOG_WORDS_MAX } from "./limits.ts";

export type RareLog = (fields: Record<string, unknown>, words: string) => void;

export function rareLog(log: Log, clock: Clock): RareLog {
  const told = new Map<string, { atMs: number; heldBack: number }>();
  return (fields, words) => {
    const before = told.get(words);
    const nowMs = clock.nowMs();
    if (before !== undefined && nowMs - before.atMs < LOG_REPEAT_MS) {
      before.heldBack += 1;
      return;
    }
    if (told.size >= LOG_WORDS_MAX) told.clear();
    told.set(words, { atMs: nowMs, heldBack: 0 });
    log.warn({ ...fields, heldBack: before?.heldBack ?? 0 }, words);
  };
}
