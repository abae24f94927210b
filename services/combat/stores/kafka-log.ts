/**
 * Log of kafkajs: its warnings and errors, in our log.
 * Law: all are warnings, for the sink itself says what failed. The same words come once in KAFKA_LOG_REPEAT_MS, with how
 *      often they were held back since: kafkajs tells every failed attempt several times over.
 */
import type { LogEntry } from "kafkajs";
import { systemClock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import { KAFKA_LOG_REPEAT_MS, KAFKA_LOG_WORDS_MAX } from "./limits.ts";

export type KafkaLog = (entry: LogEntry) => void;

export function kafkaLog(log: Log): KafkaLog {
  const told = new Map<string, { atMs: number; heldBack: number }>();
  return ({ namespace, log: { message, broker, error } }) => {
    const words = `kafkajs ${namespace}: ${message}`;
    const before = told.get(words);
    const nowMs = systemClock.nowMs();
    if (before !== undefined && nowMs - before.atMs < KAFKA_LOG_REPEAT_MS) {
      before.heldBack += 1;
      return;
    }
    if (told.size >= KAFKA_LOG_WORDS_MAX) told.clear();
    told.set(words, { atMs: nowMs, heldBack: 0 });
    const fields = { broker, error, heldBack: before?.heldBack };
    log.warn(fields, words);
  };
}
