/** Older records: what an earlier release saved is read, answered, kept and played on. */

import { toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { combatSession } from "#combat/rpc/encode-session.ts";
import { recordOf, reopen } from "#combat/session/record.ts";
import { stateOf } from "#combat/session/state.ts";
import { USUAL_MODE_RULES } from "#combat/sim/modes/mode-rules.ts";
import { upToDate } from "#combat/stores/older-records.ts";
import type { SessionRecord } from "#combat/stores/session-store.ts";
import { decodeState, encodeState } from "#combat/stores/state-codec.ts";
import { CombatSessionSchema } from "#gen/necpgame/combat/v1/session_pb.js";
import { must, Stage } from "../session/fixture.ts";

/** As it was saved before armour, combos, checks and profiles were there. */
function saved(): SessionRecord {
  const stage = new Stage({ modeRules: USUAL_MODE_RULES });
  for (const playerId of ["ann", "bob"]) must(stage.join(playerId));
  const record = JSON.parse(JSON.stringify(recordOf(stage.session)));
  delete record.settings.modeRules.startingArmour;
  delete record.settings.checks;
  delete record.tally;
  for (const participant of record.participants) {
    delete participant.feats.bestCombo;
    delete participant.loadout;
    delete participant.displayName;
  }
  return record;
}

test("an older record is answered", () => {
  const record = upToDate(saved());
  expect(() => toBinary(CombatSessionSchema, combatSession(record))).not.toThrow();
  expect(record.settings.modeRules).toEqual({ ...USUAL_MODE_RULES, startingArmour: 0 });
});

test("a session reopened out of one plays on and is kept", () => {
  const session = reopen(upToDate(saved()), { nowMs: 0, unixMs: 0 });
  for (let tick = 1; tick <= 60; tick++) session.handleTick(tick * session.tickMs, tick);
  const again = decodeState(encodeState(stateOf(session)));
  expect(again.fighters.map((fighter) => fighter?.armour.amount)).toEqual([0, 0]);
});

test("one of before there were mode rules stays without", () => {
  const { settings, ...rest } = saved();
  const { modeRules: _, ...older } = settings;
  expect(upToDate({ ...rest, settings: older }).settings).toEqual(older);
});
