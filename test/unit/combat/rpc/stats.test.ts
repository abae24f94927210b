/** Figures of a record: ranks, sums and shares, by table. */
import { describe, expect, test } from "vitest";
import { damageAnalytics, eventCounts, ranked, teamAnalytics, weaponAnalytics } from "#combat/rpc/stats.ts";
import type { ParticipantRecord, SessionRecord } from "#combat/stores/session-store.ts";
import { sessionRecord } from "../../../contract/session-record.ts";

function player(playerId: string, teamId: string, figures: Partial<ParticipantRecord>): ParticipantRecord {
  const [participant] = sessionRecord().participants;
  const none = {
    kills: 0,
    deaths: 0,
    assists: 0,
    damageDealt: 0,
    damageTaken: 0,
    shotsFired: 0,
    shotsHit: 0,
    headshots: 0,
  };
  const { feats: _, ...rest } = { ...participant!, ...none };
  return { ...rest, playerId, teamId, ...figures };
}

const RECORD: SessionRecord = {
  ...sessionRecord(),
  winnerTeamId: "blue",
  teams: [
    { teamId: "red", score: 3, roundsWon: 1 },
    { teamId: "blue", score: 5, roundsWon: 2 },
  ],
  participants: [
    player("ann", "red", { kills: 3, deaths: 2, damageDealt: 30_050, shotsFired: 10, shotsHit: 5, headshots: 1 }),
    player("bob", "blue", { kills: 3, deaths: 1, damageTaken: 1_000, connection: "left" }),
    player("cyd", "red", { kills: 0, deaths: 2, shotsFired: 30, shotsHit: 3 }),
    player("dan", "blue", {
      kills: 3,
      deaths: 2,
      feats: { objectiveMs: 900, captures: 1, streak: 0, bestCombo: 0, longestStreak: 3 },
    }),
  ],
};

describe("ranks", () => {
  test.each([
    { figure: "kills", order: ["bob", "ann", "dan", "cyd"], ranks: [1, 2, 2, 4] },
    { figure: "damage_dealt", order: ["ann", "bob", "cyd", "dan"], ranks: [1, 2, 3, 3] },
    { figure: "accuracy", order: ["ann", "cyd", "bob", "dan"], ranks: [1, 2, 3, 4] },
    { figure: "objective_ms", order: ["dan", "bob", "ann", "cyd"], ranks: [1, 2, 3, 3] },
    { figure: "captures", order: ["dan", "bob", "ann", "cyd"], ranks: [1, 2, 3, 3] },
    { figure: "longest_streak", order: ["dan", "bob", "ann", "cyd"], ranks: [1, 2, 3, 3] },
    { figure: "headshots", order: ["ann", "bob", "cyd", "dan"], ranks: [1, 2, 3, 3] },
    { figure: "assists", order: ["bob", "ann", "cyd", "dan"], ranks: [1, 2, 2, 2] },
  ] as const)(
    "by $figure: best first, then fewer deaths, then as they joined; alike share one",
    ({ figure, order, ranks }) => {
      const entries = ranked(RECORD, figure);
      expect(entries.map(({ stats }) => stats.playerId)).toEqual(order);
      expect(entries.map(({ rank }) => rank)).toEqual(ranks);
      for (const { won, stats } of entries) expect(won).toBe(stats.teamId === "blue");
    },
  );
});

test("teams add up all who played for them, those who left too, in points", () => {
  expect(teamAnalytics(RECORD)).toMatchObject([
    {
      teamId: "red",
      score: 3,
      roundsWon: 1,
      players: 2,
      kills: 3,
      deaths: 4,
      damageDealt: 300.5,
      accuracy: 0.2,
      won: false,
    },
    {
      teamId: "blue",
      score: 5,
      roundsWon: 2,
      players: 2,
      kills: 6,
      deaths: 3,
      damageTaken: 10,
      accuracy: 0,
      won: true,
    },
  ]);
});

test("weapons and kinds of damage come with the most damage first, events by name; of older records there are none", () => {
  const tally = {
    events: { player_killed: 2, damage_dealt: 9 },
    weapons: {
      shotgun: { kills: 1, damage: 5_000, hits: 4, headshots: 0 },
      assault_rifle: { kills: 1, damage: 15_050, hits: 5, headshots: 2 },
    },
    damageTypes: { melee: { damage: 100, hits: 1 }, bullet: { damage: 20_050, hits: 9 } },
  };
  expect(weaponAnalytics({ ...RECORD, tally })).toEqual([
    { weapon: "assault_rifle", kills: 1, damage: 150.5, hits: 5, headshots: 2 },
    { weapon: "shotgun", kills: 1, damage: 50, hits: 4, headshots: 0 },
  ]);
  expect(damageAnalytics({ ...RECORD, tally }).map(({ damage }) => damage)).toEqual([200.5, 1]);
  expect(eventCounts({ ...RECORD, tally })).toEqual([
    { event: "damage_dealt", count: 9 },
    { event: "player_killed", count: 2 },
  ]);
  const { tally: _, ...older } = RECORD;
  expect([...weaponAnalytics(older), ...damageAnalytics(older), ...eventCounts(older)]).toEqual([]);
});
