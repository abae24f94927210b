/**
 * Kill feed: the events of a match as lines for people.
 * In:  combat events in order, and who is who.   Out: a line, or null for what is not told.
 */
import type { CombatEvent, Team } from "#client/index.ts";
import type { CastPlayer } from "./cast.ts";

export class KillFeed {
  private readonly names: ReadonlyMap<string, string>;
  private readonly startedAtMs: number;

  /** In deathmatch a team is a player, and called by that name. */
  constructor(cast: readonly CastPlayer[], startedAtMs: number) {
    const players = cast.map(({ playerId, name }) => [playerId, name] as const);
    const teamIds = [...new Set(cast.map(({ teamId }) => teamId))].filter(
      (id) => !players.some(([player]) => player === id),
    );
    const teams = teamIds.map((teamId, index) => [teamId, TEAM_NAMES[index % TEAM_NAMES.length]!] as const);
    this.names = new Map([...players, ...teams]);
    this.startedAtMs = startedAtMs;
  }

  line(event: CombatEvent): string | null {
    const told = this.tell(event);
    return told && `${this.at(event)}  ${told}`;
  }

  private tell(event: CombatEvent): string | null {
    switch (event.event) {
      case "session_started":
        return `the match begins on ${event.data.map_id}`;
      case "round_started":
        return `— round ${event.data.round} of ${event.data.max_rounds} —`;
      case "player_killed": {
        const { killer_id, victim_id, weapon, headshot, assist_ids } = event.data;
        const helpers = assist_ids.map((id) => this.name(id)).join(", ");
        const how = `${weapon ?? "no weapon"}${headshot ? " (headshot)" : ""}${helpers && `  with ${helpers}`}`;
        return `${this.name(killer_id)} ▸ ${this.name(victim_id)}  ${how}`;
      }
      case "objective_changed": {
        const { objective, change, place, owner_team_id, team_id, player_id } = event.data;
        const what = objective === "flag" ? `${this.name(owner_team_id)}'s flag` : `${objective} ${place}`;
        const by = player_id ?? team_id;
        return `⚑ ${what} ${change}${by === undefined ? "" : ` by ${this.name(by)}`}`;
      }
      case "overtime_started":
        return `overtime: whoever is ahead next wins, for ${event.data.ends_after_ms / 1000} s`;
      case "round_ended":
        return `round ${event.data.round} to ${this.name(event.data.winner_team_id)}   ${this.scores(event.data.teams)}`;
      case "session_ended": {
        const { winner_team_id, end_reason, teams } = event.data;
        const winner = winner_team_id === undefined ? "a draw" : `${this.name(winner_team_id)} wins`;
        return `the match is over: ${winner} (${end_reason ?? "no reason"})   ${this.rounds(teams)}`;
      }
      default:
        return null;
    }
  }

  private scores(teams: readonly Team[]): string {
    return ranked(teams, "score")
      .map((team) => `${this.name(team.team_id)} ${team.score}`)
      .join(", ");
  }

  private rounds(teams: readonly Team[]): string {
    return ranked(teams, "rounds_won")
      .map((team) => `${this.name(team.team_id)} ${team.rounds_won}`)
      .join(", ");
  }

  private name(id: string | undefined): string {
    return id === undefined ? "nobody" : (this.names.get(id) ?? id.slice(0, 8));
  }

  private at(event: CombatEvent): string {
    const seconds = (Date.parse(event.timestamp) - this.startedAtMs) / 1000;
    return `${seconds.toFixed(1).padStart(6)}s`;
  }
}

const TEAM_NAMES = ["Red", "Blue", "Green", "Gold"] as const;
const SCORES_SHOWN = 6;

function ranked(teams: readonly Team[], by: "score" | "rounds_won"): Team[] {
  return teams.toSorted((one, other) => other[by] - one[by]).slice(0, SCORES_SHOWN);
}
