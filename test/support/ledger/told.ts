/**
 * Told: what was published of each session, as the contract's public JSON has it, so that it can be compared with what
 * viewers saw whatever their format.
 */

import { CombatEventSchema } from "#gen/necpgame/combat/v1/realtime_pb.js";
import type { Published } from "#support/published.ts";
import { toPublicJson } from "#wire/public-json.ts";

export type Told = {
  readonly eventId: string;
  readonly seq: number;
  readonly epoch: number;
  readonly tick: number;
  readonly event: string;
  readonly data: Record<string, unknown>;
};

export function toldOf({ envelope, eventId, seq, epoch }: Published): Told {
  const data = envelope.data;
  if (data === undefined) throw new Error(`record ${eventId} has no event`);
  const event = (data.event.case ?? "unknown").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const json = toPublicJson(CombatEventSchema, data);
  return { eventId, seq, epoch, tick: data.tick, event, data: (json[event] ?? {}) as Record<string, unknown> };
}

export function tellsOf(published: readonly Published[]): Map<string, Told[]> {
  const bySession = new Map<string, Told[]>();
  for (const record of published) {
    const told = toldOf(record);
    const known = bySession.get(record.sessionId);
    if (known === undefined) bySession.set(record.sessionId, [told]);
    else known.push(told);
  }
  return bySession;
}

/** To the last field, whatever the order of fields. */
export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other) || canonical(one) === canonical(other);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part) => {
    if (part === null || typeof part !== "object" || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}
