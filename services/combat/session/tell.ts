/** Tells an event of the simulation by the players' names. Slots that nobody sits in any more have no name to tell. */
import type { SimEvent } from "../sim/events.ts";
import type { World } from "../sim/world.ts";
import type { TeamRecord } from "../stores/session-store.ts";
import type { Roster } from "./roster.ts";
import type { EventBody } from "./session-events.ts";

/** Everything but the end of the match, which is the session's own to tell. */
export function tell(event: Exclude<SimEvent, { kind: "match_ended" }>, world: World, roster: Roster): EventBody {
  const name = (slot: number | null) => (slot === null ? null : (roster.seatAt(slot)?.playerId ?? null));
  switch (event.kind) {
    case "round_started":
      return { kind: "round_started", round: event.round, maxRounds: world.rules.maxRounds };
    case "round_ended":
      return {
        kind: "round_ended",
        round: event.round,
        winnerTeamId: teamOf(event.winner, roster),
        teams: teamsOf(world, roster),
      };
    case "respawned":
      return { kind: "player_respawned", playerId: name(event.slot) ?? "", position: event.position };
    case "damaged":
      return {
        kind: "damage_dealt",
        attackerId: name(event.by),
        targetId: name(event.target) ?? "",
        damage: event.damage,
        health: event.health,
        weapon: event.weapon,
        damageType: event.damageType,
        headshot: event.headshot,
      };
    case "killed":
      return {
        kind: "player_killed",
        victimId: name(event.victim) ?? "",
        killerId: name(event.by),
        weapon: event.weapon,
        headshot: event.headshot,
        assistIds: event.assists.map(name).filter((id) => id !== null),
      };
  }
}

export function teamOf(side: number | null, roster: Roster): string | null {
  return side === null ? null : (roster.teams[side] ?? null);
}

export function teamsOf(world: World, roster: Roster): TeamRecord[] {
  return roster.teams.map((teamId, side) => {
    const { score, roundsWon } = world.sides[side] ?? { score: 0, roundsWon: 0 };
    return { teamId, score, roundsWon };
  });
}
