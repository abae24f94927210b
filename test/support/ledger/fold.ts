/**
 * Fold: a match as its published events tell it, event by event, by the rules of the game and nothing else.
 * In:  events in order of seq.   Out: healths, figures, scores, status; and what cannot be, in words.
 * Law: damage is health lost, health never comes back within a life, a fall is told once and counts once for whoever dealt
 *      it; a pause follows a running match, a resume a pause, nothing follows the end.
 */
import type { Told } from "./told.ts";

export type Figure = {
  teamId: string;
  sits: boolean;
  isCutOff: boolean;
  /** Hundredths of a point. */
  health: number;
  isAlive: boolean;
  kills: number;
  deaths: number;
  assists: number;
  damage: number;
};

export class Fold {
  readonly players = new Map<string, Figure>();
  /** Of the round that is played, by team. */
  readonly scores = new Map<string, number>();
  readonly roundsWon = new Map<string, number>();
  status: "waiting" | "active" | "paused" | "over" = "waiting";
  lastSeq = 0;
  readonly counts = new Map<string, number>();
  /** `seq`: where. */
  readonly wrongs: { readonly seq: number; readonly what: string }[] = [];
  private roundBegins = false;
  /** Killed is told right after the blow that took the last health. */
  private dying: string | null = null;

  take(told: Told): void {
    this.lastSeq = told.seq;
    this.counts.set(told.event, (this.counts.get(told.event) ?? 0) + 1);
    const wrong = (what: string) => this.wrongs.push({ seq: told.seq, what });
    if (this.status === "over") wrong(`${told.event} after the end`);
    if (this.dying !== null && told.event !== "player_killed") {
      wrong(`${this.dying} lost all health, and ${told.event} follows`);
      this.dying = null;
    }
    const begins = this.roundBegins && told.event === "player_respawned";
    this.roundBegins = told.event === "round_started" || begins;
    this.takeEvent(told, wrong, begins);
  }

  private takeEvent({ event, data }: Told, wrong: (what: string) => void, roundBegins: boolean): void {
    const name = (field: string): string => String(data[field]);
    switch (event) {
      case "player_joined":
        return this.join(name("player_id"), name("team_id"), wrong);
      case "player_left": {
        const player = this.player(name("player_id"));
        if (!player.sits) wrong(`${name("player_id")} left without a seat`);
        player.sits = false;
        return;
      }
      case "player_disconnected":
      case "player_reconnected": {
        const player = this.player(name("player_id"));
        const isCutOff = event === "player_disconnected";
        if (!player.sits) wrong(`${event} of ${name("player_id")}, who has no seat`);
        if (player.isCutOff === isCutOff) wrong(`${event} of ${name("player_id")} twice`);
        player.isCutOff = isCutOff;
        return;
      }
      case "session_started":
      case "session_paused":
      case "session_resumed":
        return this.move(event, wrong);
      case "session_ended":
        this.compareTeams(data, wrong);
        this.status = "over";
        return;
      case "round_started":
        this.scores.clear();
        return;
      case "round_ended": {
        const winner = data["winner_team_id"];
        if (winner !== undefined) add(this.roundsWon, String(winner), 1);
        return this.compareTeams(data, wrong);
      }
      case "player_respawned":
        return this.respawn(name("player_id"), roundBegins, wrong);
      case "damage_dealt":
        return this.hurt(data, wrong);
      case "player_killed":
        return this.kill(data, wrong);
      case "player_healed":
        return this.heal(data, wrong);
      case "ability_used":
      case "item_used":
      case "effect_applied":
      case "effect_ended":
        return;
      default:
        wrong(`an event of an unknown kind: ${event}`);
    }
  }

  private join(playerId: string, teamId: string, wrong: (what: string) => void): void {
    const player = this.player(playerId);
    if (player.sits) wrong(`${playerId} joined twice`);
    Object.assign(player, newFigure(teamId), { sits: true });
  }

  private move(event: string, wrong: (what: string) => void): void {
    const [from, to] = MOVES[event as keyof typeof MOVES];
    if (this.status !== from) wrong(`${event} while ${this.status}`);
    this.status = to;
  }

  private respawn(playerId: string, roundBegins: boolean, wrong: (what: string) => void): void {
    const player = this.player(playerId);
    if (player.isAlive && player.sits && !roundBegins) wrong(`${playerId} respawned alive`);
    player.health = FULL_HEALTH;
    player.isAlive = true;
  }

  private heal(data: Record<string, unknown>, wrong: (what: string) => void): void {
    const playerId = String(data["player_id"]);
    const player = this.player(playerId);
    const [gained, now] = [hundredths(data["amount"]), hundredths(data["health"])];
    if (this.status !== "active") wrong(`healing while ${this.status}`);
    if (!player.isAlive || !player.sits) wrong(`healing of ${playerId}, who is down or gone`);
    if (!(gained > 0) || player.health + gained !== now || now > FULL_HEALTH) {
      wrong(`${playerId} had ${player.health}, gained ${gained}, and is told to have ${now}`);
    }
    player.health = now;
  }

  private hurt(data: Record<string, unknown>, wrong: (what: string) => void): void {
    const targetId = String(data["target_id"]);
    const target = this.player(targetId);
    const [lost, left] = [hundredths(data["damage"]), hundredths(data["health"])];
    if (this.status !== "active") wrong(`damage while ${this.status}`);
    if (!target.isAlive || !target.sits) wrong(`damage to ${targetId}, who is down or gone`);
    if (!(lost > 0) || target.health - lost !== left) {
      wrong(`${targetId} had ${target.health}, lost ${lost}, and is told to have ${left}`);
    }
    target.health = left;
    if (left === 0) this.dying = targetId;
    const attackerId = data["attacker_id"];
    if (attackerId !== undefined && attackerId !== targetId) this.player(String(attackerId)).damage += lost;
  }

  private kill(data: Record<string, unknown>, wrong: (what: string) => void): void {
    const victimId = String(data["victim_id"]);
    const victim = this.player(victimId);
    if (this.dying !== victimId) wrong(`${victimId} killed without a last blow`);
    if (!victim.isAlive) wrong(`${victimId} killed twice`);
    this.dying = null;
    victim.isAlive = false;
    victim.health = 0;
    victim.deaths += 1;
    for (const helper of (data["assist_ids"] ?? []) as string[]) this.player(helper).assists += 1;
    const killerId = data["killer_id"];
    if (killerId === undefined || killerId === victimId) return;
    const killer = this.player(String(killerId));
    killer.kills += 1;
    if (killer.teamId !== victim.teamId) add(this.scores, killer.teamId, 1);
  }

  private compareTeams(data: Record<string, unknown>, wrong: (what: string) => void): void {
    for (const team of (data["teams"] ?? []) as { team_id: string; score: number; rounds_won: number }[]) {
      const score = this.scores.get(team.team_id) ?? 0;
      const rounds = this.roundsWon.get(team.team_id) ?? 0;
      if (team.score !== score) wrong(`team ${team.team_id} has score ${team.score}, its kills make ${score}`);
      if (team.rounds_won !== rounds) wrong(`team ${team.team_id} won ${team.rounds_won} rounds, told were ${rounds}`);
    }
  }

  private player(playerId: string): Figure {
    const known = this.players.get(playerId);
    if (known !== undefined) return known;
    const fresh = newFigure("");
    this.players.set(playerId, fresh);
    return fresh;
  }
}

const FULL_HEALTH = 10_000;

const MOVES = {
  session_started: ["waiting", "active"],
  session_paused: ["active", "paused"],
  session_resumed: ["paused", "active"],
} as const;

function newFigure(teamId: string): Figure {
  return {
    teamId,
    sits: false,
    isCutOff: false,
    health: FULL_HEALTH,
    isAlive: true,
    kills: 0,
    deaths: 0,
    assists: 0,
    damage: 0,
  };
}

export function hundredths(points: unknown): number {
  return Math.round(Number(points) * 100);
}

function add(counts: Map<string, number>, name: string, by: number): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}
