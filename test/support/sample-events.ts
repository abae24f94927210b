/** Sample events: one of each kind, as sessions tell them; the examples of docs/EVENTS.md are the records of these. */
import { type EventBody, SAMPLES, type SessionEvent } from "#combat/session/session-events.ts";

const SESSION_ID = "0b747a4c-6b60-41b4-ad6a-83c972ab1a52";
const ALICE = "11111111-1111-4111-8111-111111111111";
const BORIS = "22222222-2222-4222-8222-222222222222";
const CLARA = "33333333-3333-4333-8333-333333333333";
const RED = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
const BLUE = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb";
const BEGIN_UNIX_MS = Date.UTC(2026, 10, 23, 5, 32, 2, 185);

const teams = [
  { teamId: RED, score: 5, roundsWon: 1 },
  { teamId: BLUE, score: 3, roundsWon: 0 },
];

const FIGURES = {
  playerId: ALICE,
  teamId: RED,
  kills: 5,
  deaths: 3,
  assists: 1,
  damageDealt: 51_250,
  damageTaken: 34_000,
  shotsFired: 90,
  shotsHit: 24,
  headshots: 2,
  objectiveMs: 0,
  captures: 0,
  longestStreak: 3,
  bestCombo: 2,
};

const BODIES: { readonly [Kind in EventBody["kind"]]: Extract<EventBody, { kind: Kind }> } = {
  session_started: { kind: "session_started", mapId: "container_yard", gameMode: "team_deathmatch" },
  session_paused: { kind: "session_paused" },
  session_resumed: { kind: "session_resumed" },
  session_ended: { kind: "session_ended", reason: "victory", winnerTeamId: RED, teams, players: [FIGURES] },
  round_started: { kind: "round_started", round: 1, maxRounds: 10 },
  round_ended: { kind: "round_ended", round: 1, winnerTeamId: RED, teams },
  player_joined: { kind: "player_joined", playerId: ALICE, teamId: RED, slot: 0, displayName: "Alice" },
  player_left: { kind: "player_left", playerId: BORIS },
  player_disconnected: { kind: "player_disconnected", playerId: BORIS },
  player_reconnected: { kind: "player_reconnected", playerId: BORIS },
  player_respawned: { kind: "player_respawned", playerId: BORIS, position: { x: -1250, y: 300, z: 0 } },
  damage_dealt: {
    kind: "damage_dealt",
    attackerId: ALICE,
    targetId: BORIS,
    damage: 2750,
    health: 7250,
    weapon: "assault_rifle",
    damageType: "bullet",
    headshot: false,
    part: "torso",
    absorbed: 0,
    mitigation: 0,
    critical: false,
    decidedBy: "local",
  },
  player_killed: {
    kind: "player_killed",
    victimId: BORIS,
    killerId: ALICE,
    weapon: "assault_rifle",
    headshot: true,
    assistIds: [CLARA],
  },
  positions_sampled: {
    kind: "positions_sampled",
    players: [
      {
        playerId: ALICE,
        position: { x: 120, y: -3450, z: 0 },
        alive: true,
      },
    ],
    skipped: 2,
  },
  objective_changed: {
    kind: "objective_changed",
    objective: "flag",
    change: "taken",
    place: "",
    ownerTeamId: BLUE,
    teamId: RED,
    playerId: ALICE,
    position: { x: 10_600, y: 4_000, z: 0 },
  },
  overtime_started: { kind: "overtime_started", round: 1, endsAfterMs: 60_000 },
  ability_used: {
    kind: "ability_used",
    playerId: ALICE,
    ability: "slow_field",
    targetId: null,
    position: { x: -1_250, y: 300, z: 0 },
    cost: 4_000,
  },
  projectile_fired: {
    kind: "projectile_fired",
    id: 7,
    playerId: ALICE,
    weapon: "grenade_launcher",
    position: { x: 4250, y: 11500, z: 160 },
    velocity: { x: 1697, y: 0, z: 1697 },
    gravity: 981,
  },
  projectile_ended: {
    kind: "projectile_ended",
    id: 7,
    shooterId: ALICE,
    position: { x: 9100, y: 11500, z: 0 },
    exploded: true,
  },
  item_used: { kind: "item_used", playerId: BORIS, item: "medkit", left: 1 },
  shots_fired: {
    kind: "shots_fired",
    shots: [
      {
        playerId: ALICE,
        weapon: "assault_rifle",
        seq: 257,
        tick: 545,
        hit: {
          struck: "player",
          targetId: BORIS,
          part: "torso",
          distanceCm: 894,
          headshot: false,
          damage: 2_275,
          projectile: null,
          ...{ tickClaimed: 542, tickUsed: 542, rewindMs: 87, capped: false },
        },
      },
      {
        playerId: BORIS,
        weapon: "sniper_rifle",
        seq: 301,
        tick: 551,
        hit: {
          struck: "wall",
          targetId: null,
          part: null,
          distanceCm: 4_120,
          headshot: false,
          damage: 0,
          projectile: null,
          ...{ tickClaimed: null, tickUsed: 549, rewindMs: 45, capped: false },
        },
      },
    ],
    skipped: 0,
  },
  effect_applied: {
    kind: "effect_applied",
    targetId: BORIS,
    sourceId: ALICE,
    effect: "slow",
    potency: 40,
    stacks: 1,
    durationMs: 2_500,
  },
  effect_ended: { kind: "effect_ended", targetId: BORIS, effect: "slow" },
  player_healed: {
    kind: "player_healed",
    playerId: BORIS,
    healerId: CLARA,
    amount: 3_500,
    health: 9_050,
    cause: "heal",
  },
  movement_checked: {
    kind: "movement_checked",
    findings: [
      {
        playerId: BORIS,
        check: "speed",
        mode: "enforce",
        verdict: "set_back",
        measured: 1_012,
        threshold: 728,
        from: { x: 4_250, y: 11_500, z: 0 },
        to: { x: 4_301, y: 11_500, z: 0 },
        atMs: 18_950,
        claimedMs: 18_870,
        usedMs: 18_870,
        rttMs: 64,
        score: 38,
        count: 3,
      },
    ],
    skipped: 0,
  },
};

const numbered = Object.keys(BODIES).filter((kind) => !Object.hasOwn(SAMPLES, kind));

/** In the order of the document, numbered without gaps; a sample has no number. */
export const SAMPLE_EVENTS: readonly SessionEvent[] = Object.values(BODIES).map((body, index) => ({
  sessionId: SESSION_ID,
  epoch: 1,
  seq: numbered.indexOf(body.kind) + 1,
  tick: 30 * index,
  atUnixMs: BEGIN_UNIX_MS + 1_000 * index,
  body,
}));
