/** The figures of a session, from its record: by player, by team, by weapon and kind of damage. */
import { create } from "@bufbuild/protobuf";
import { type SessionStats, SessionStatsSchema } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { figuresOf } from "../session/figures.ts";
import { noTally } from "../session/tally.ts";
import type { DamageType } from "../sim/events.ts";
import type { ParticipantRecord, SessionRecord } from "../stores/session-store.ts";
import { team } from "./encode-session.ts";
import { DAMAGE_TYPE, type LEADERBOARD_FIGURE, STATUS } from "./words.ts";

export function sessionStats(record: SessionRecord, spectatorCount: number): SessionStats {
  return create(SessionStatsSchema, {
    sessionId: record.id,
    status: STATUS[record.status],
    currentRound: record.currentRound,
    durationMs: record.playedMs,
    players: record.participants.map(statsOf),
    teams: record.teams.map(team),
    spectatorCount,
  });
}

/** Of one player, as the wire has them: points for hundredths. */
export function statsOf(participant: ParticipantRecord) {
  const figures = figuresOf(participant, participant);
  return { ...figures, ...pointsOf(figures) };
}

type Figure = keyof typeof LEADERBOARD_FIGURE;

const FIGURE_OF = {
  kills: ({ kills }) => kills,
  assists: ({ assists }) => assists,
  damage_dealt: ({ damageDealt }) => damageDealt,
  headshots: ({ headshots }) => headshots,
  accuracy: ({ accuracy }) => accuracy,
  objective_ms: ({ objectiveMs }) => objectiveMs,
  captures: ({ captures }) => captures,
  longest_streak: ({ longestStreak }) => longestStreak,
  best_combo: ({ bestCombo }) => bestCombo,
} as const satisfies Record<Figure, (stats: ReturnType<typeof statsOf>) => number>;

/** Best first; alike in the figure, by fewer deaths, then in order of joining. Those alike in both share a rank. */
export function ranked({ participants, winnerTeamId }: SessionRecord, figure: Figure) {
  const of = FIGURE_OF[figure];
  const sorted = participants.map(statsOf).sort((one, other) => of(other) - of(one) || one.deaths - other.deaths);
  let rank = 1;
  return sorted.map((stats, place) => {
    const before = sorted[place - 1];
    if (before !== undefined && (of(before) !== of(stats) || before.deaths !== stats.deaths)) rank = place + 1;
    return { rank, won: stats.teamId === winnerTeamId, stats };
  });
}

export function teamAnalytics({ teams, participants, winnerTeamId }: SessionRecord) {
  return teams.map(({ teamId, score, roundsWon }) => {
    const members = participants.filter((participant) => participant.teamId === teamId);
    const sum = (of: (member: ParticipantRecord) => number) => members.reduce((total, member) => total + of(member), 0);
    const sums = {
      kills: sum(({ kills }) => kills),
      deaths: sum(({ deaths }) => deaths),
      assists: sum(({ assists }) => assists),
      damageDealt: sum(({ damageDealt }) => damageDealt),
      damageTaken: sum(({ damageTaken }) => damageTaken),
      shotsFired: sum(({ shotsFired }) => shotsFired),
      shotsHit: sum(({ shotsHit }) => shotsHit),
      headshots: sum(({ headshots }) => headshots),
    };
    const won = teamId === winnerTeamId;
    return { teamId, score, roundsWon, players: members.length, won, ...sums, ...pointsOf(sums) };
  });
}

export function weaponAnalytics({ tally = noTally() }: SessionRecord) {
  const weapons = Object.entries(tally.weapons).map(([weapon, counted]) => ({ weapon, ...counted }));
  return weapons
    .sort((one, other) => other.damage - one.damage || (one.weapon < other.weapon ? -1 : 1))
    .map(({ damage, ...rest }) => ({ ...rest, damage: damage / 100 }));
}

export function damageAnalytics({ tally = noTally() }: SessionRecord) {
  const types = Object.entries(tally.damageTypes).sort(([, one], [, other]) => other.damage - one.damage);
  return types.map(([type, { damage, hits }]) => {
    return { damageType: DAMAGE_TYPE[type as DamageType], damage: damage / 100, hits };
  });
}

export function eventCounts({ tally = noTally() }: SessionRecord) {
  return Object.entries(tally.events)
    .map(([event, count]) => ({ event, count }))
    .sort((one, other) => (one.event < other.event ? -1 : 1));
}

type Fights = { damageDealt: number; damageTaken: number; shotsFired: number; shotsHit: number };

function pointsOf({ damageDealt, damageTaken, shotsFired, shotsHit }: Fights) {
  return {
    damageDealt: damageDealt / 100,
    damageTaken: damageTaken / 100,
    accuracy: shotsFired === 0 ? 0 : shotsHit / shotsFired,
  };
}
