/** Tells an event of the simulation by the players' names. Slots that nobody sits in any more have no name to tell. */
import { optional } from "#kit/optional.ts";
import type { SideStand, SimEvent } from "../sim/events.ts";
import type { World } from "../sim/world.ts";
import type { ParticipantRecord, TeamRecord } from "../stores/session-store.ts";
import type { Roster } from "./roster.ts";
import type { EventBody } from "./session-events.ts";

/** Everything but the end of the match, which is the session's own to tell. */
export function tell(event: Exclude<SimEvent, { kind: "match_ended" }>, world: World, roster: Roster): EventBody {
  const name = (slot: number | null) => roster.playerIdAt(slot);
  switch (event.kind) {
    case "round_started":
      return { kind: "round_started", round: event.round, maxRounds: world.rules.maxRounds };
    case "round_ended":
      return {
        kind: "round_ended",
        round: event.round,
        winnerTeamId: teamOf(event.winner, roster),
        teams: standOf(event.sides, roster),
      };
    case "overtime_started":
      return event;
    case "objective_changed": {
      const { kind, objective, change, place, position } = event;
      const teams = { ownerTeamId: teamOf(event.owner, roster), teamId: teamOf(event.side, roster) };
      return { kind, objective, change, place, ...teams, playerId: name(event.slot), position };
    }
    case "respawned":
      return { kind: "player_respawned", playerId: name(event.slot) ?? "", position: event.position };
    case "projectile_fired": {
      const { by, ...flight } = event;
      return { ...flight, playerId: name(by) };
    }
    case "projectile_ended": {
      const { by, ...ended } = event;
      return { ...ended, shooterId: name(by) };
    }
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
        part: event.part,
        absorbed: event.absorbed,
        mitigation: event.mitigation,
        critical: event.critical,
        decidedBy: event.decidedBy,
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
    case "effect_applied": {
      const { kind, effect, potency, stacks, durationMs } = event;
      const named = { targetId: name(event.target) ?? "", sourceId: name(event.by) };
      return { kind, ...named, effect, potency, stacks, durationMs };
    }
    case "ability_used": {
      const { kind, ability, position, cost, decidedBy = null } = event;
      const who = { playerId: name(event.slot) ?? "", targetId: name(event.target) };
      return { kind, ...who, ability, position, cost, ...optional("decidedBy", decidedBy) };
    }
    case "item_used":
      return { kind: event.kind, playerId: name(event.slot) ?? "", item: event.item, left: event.left };
    case "effect_ended":
      return { kind: event.kind, targetId: name(event.target) ?? "", effect: event.effect };
    case "healed": {
      const { amount, health, cause } = event;
      const named = { playerId: name(event.target) ?? "", healerId: name(event.by) };
      return { kind: "player_healed", ...named, amount, health, cause };
    }
  }
}

/** That a seat was given, as the seat or its record has it. */
export function joinTold(
  of: Pick<ParticipantRecord, "playerId" | "teamId" | "slot" | "displayName" | "profiledBy">,
): EventBody {
  const { playerId, teamId, slot, displayName = "", profiledBy = null } = of;
  return { kind: "player_joined", playerId, teamId, slot, displayName, ...optional("profiledBy", profiledBy) };
}

export function teamOf(side: number | null, roster: Roster): string | null {
  return side === null ? null : (roster.teams[side] ?? null);
}

export function teamsOf(world: World, roster: Roster): TeamRecord[] {
  return standOf(world.sides, roster);
}

function standOf(sides: readonly SideStand[], roster: Roster): TeamRecord[] {
  return roster.teams.map((teamId, side) => {
    const { score, roundsWon } = sides[side] ?? { score: 0, roundsWon: 0 };
    return { teamId, score, roundsWon };
  });
}
