/** Older records: what releases before this one did not write yet, filled in as they meant it. */
import { noFeats } from "../sim/fighter.ts";
import { PLAIN_MODE_RULES } from "../sim/modes/mode-rules.ts";
import type { SessionRecord } from "./session-store.ts";

/** A stored record as this release writes it; parts that may be absent stay absent. */
export function upToDate(record: SessionRecord): SessionRecord {
  const { settings, participants } = record;
  const { modeRules } = settings;
  return {
    ...record,
    settings: modeRules === undefined ? settings : { ...settings, modeRules: { ...PLAIN_MODE_RULES, ...modeRules } },
    participants: participants.map((one) => (one.feats ? { ...one, feats: { ...noFeats(), ...one.feats } } : one)),
  };
}
