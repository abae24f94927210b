import { expect, test } from "vitest";
import type { CombatEvent, EventData, EventName } from "#client/index.ts";
import { KillFeed } from "#tools/bots/kill-feed.ts";

const cast = [
  { playerId: "a", teamId: "red-id", name: "Ada" },
  { playerId: "b", teamId: "blue-id", name: "Bob" },
];
const startedAtMs = Date.parse("2025-01-01T12:00:00Z");

function event<Name extends EventName>(name: Name, data: EventData[Name]): CombatEvent {
  const stamp = { type: "combat_event", session_id: "s", timestamp: "2025-01-01T12:00:12.345Z", frame: 1 };
  return { ...stamp, event: name, data, seq: 1, event_id: "e", tick: 1, epoch: 1 } as unknown as CombatEvent;
}

const teams = [
  { team_id: "blue-id", score: 3, rounds_won: 0 },
  { team_id: "red-id", score: 5, rounds_won: 2 },
];

test.each([
  {
    name: "a kill",
    told: event("player_killed", {
      victim_id: "b",
      killer_id: "a",
      weapon: "assault_rifle",
      headshot: true,
      assist_ids: [],
    }),
    line: "  12.3s  Ada ▸ Bob  assault_rifle (headshot)",
  },
  {
    name: "a kill by nobody, of somebody unknown",
    told: event("player_killed", { victim_id: "12345678-9", headshot: false, assist_ids: ["a"] }),
    line: "  12.3s  nobody ▸ 12345678  no weapon  with Ada",
  },
  {
    name: "a round",
    told: event("round_ended", { round: 1, winner_team_id: "red-id", teams }),
    line: "  12.3s  round 1 to Red   Red 5, Blue 3",
  },
  {
    name: "the end",
    told: event("session_ended", { end_reason: "victory", winner_team_id: "red-id", teams }),
    line: "  12.3s  the match is over: Red wins (victory)   Red 2, Blue 0",
  },
  {
    name: "a draw",
    told: event("session_ended", { end_reason: "timeout", teams }),
    line: "  12.3s  the match is over: a draw (timeout)   Red 2, Blue 0",
  },
  {
    name: "a wound",
    told: event("damage_dealt", { target_id: "b", damage: 1, headshot: false, health: 99 }),
    line: null,
  },
])("$name", ({ told, line }) => {
  expect(new KillFeed(cast, startedAtMs).line(told)).toBe(line);
});
