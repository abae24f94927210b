/**
 * View: one client's picture of the match, built from messages alone.
 * In:  server messages in the order they came.   Out: what is known now, and whether a message is news.
 * Law: events are taken in `seq` order, each once; an event behind a gap is not taken until the gap is closed by the
 *      missing events or by a full state. The cursor names the last shared frame before any gap.
 * Not here: sockets and asking for what is missing (combat-socket.ts), smooth movement (interpolate.ts).
 */
import type {
  ActiveEffect,
  Camera,
  CombatEvent,
  GroundField,
  Objectives,
  PlayerState,
  ServerMessage,
  SessionState,
  Stance,
  World,
} from "./messages.ts";
import type { CombatSession, ConnectionStatus, SessionParticipant, Team, Vec3 } from "./session.ts";

export type PlayerView = {
  readonly playerId: string;
  teamId: string;
  /** For people; null when nobody said. */
  displayName: string | null;
  position: Vec3;
  yaw: number;
  pitch: number;
  stance: Stance;
  health: number;
  alive: boolean;
  ammunition: number;
  /** What lies on the player for a while. */
  effects: readonly ActiveEffect[];
  energy: number;
  /** null for none. */
  usingItem: string | null;
  /** `seq` of this player's last input that the server applied or refused. */
  lastInput: number;
  kills: number;
  deaths: number;
  connection: ConnectionStatus;
};

/** Where to go on after a break: the epoch and the last shared frame. */
export type Cursor = { readonly epoch: number; readonly frame: number };

/**
 * news: taken. repeat: an event that was taken before. gap: an event behind missing ones, not taken; `expected` is
 * the first missing number, `got` the event's own.
 */
export type Taken =
  | { readonly kind: "news" }
  | { readonly kind: "repeat" }
  | { readonly kind: "gap"; expected: number; got: number };

const NEWS: Taken = { kind: "news" };
const REPEAT: Taken = { kind: "repeat" };

export class SessionView {
  /** null until the first full state. */
  session: CombatSession | null = null;
  world: World | null = null;
  /** Flags, zones and scores; null in modes without, and before the first full state. */
  objectives: Objectives | null = null;
  /** What abilities laid on the ground. */
  ground: readonly GroundField[] = [];
  /** Your own id; null for spectators and before the first full state. */
  playerId: string | null = null;
  camera: Camera | null = null;
  epoch = 0;
  /** The newest shared frame taken. */
  frame = 0;
  tick = 0;
  /** Match time of the newest state, and the server's clock when it was made. */
  matchMs = 0;
  private stateMadeAt = "";
  tickRateHz = 0;
  /** Number of the last event taken. */
  lastSeq = 0;
  /** Events are missing before what came last. */
  inGap = false;
  private readonly playersById = new Map<string, PlayerView>();

  get players(): ReadonlyMap<string, PlayerView> {
    return this.playersById;
  }

  /** Your own figure; null for spectators and before the first full state. */
  get you(): PlayerView | null {
    return (this.playerId !== null && this.playersById.get(this.playerId)) || null;
  }

  /** null before the first full state: then there is nothing to resume. */
  get cursor(): Cursor | null {
    return this.session && { epoch: this.epoch, frame: this.frame };
  }

  handleMessage(message: ServerMessage): Taken {
    switch (message.type) {
      case "session_state":
        this.takeState(message);
        return NEWS;
      case "state_update":
        this.takeTime(message);
        this.passFrame(message.frame);
        for (const row of message.players) this.takeRow(row);
        this.takeObjectives(message.objectives);
        this.ground = message.ground?.fields ?? this.ground;
        return NEWS;
      case "combat_event":
        return this.takeEvent(message);
      case "camera":
        this.camera = message;
        return NEWS;
      default:
        return NEWS; // Answers to one client: whoever asked looks at them.
    }
  }

  /** The match time of what is drawn for a server time. After the newest state it is the newest state that is drawn. */
  matchMsAt(serverUnixMs: number): number {
    const sinceNewest = Math.min(0, serverUnixMs - Date.parse(this.stateMadeAt));
    return Math.max(0, Math.round(this.matchMs + sinceNewest));
  }

  /** The server time of a match time, by the newest state: when a player stood where its `pose_ms` says. */
  unixMsAt(matchMs: number): number {
    return Date.parse(this.stateMadeAt) + matchMs - this.matchMs;
  }

  private takeTime({ tick, match_ms, timestamp }: { tick: number; match_ms: number; timestamp: string }): void {
    this.tick = tick;
    this.matchMs = match_ms;
    this.stateMadeAt = timestamp;
  }

  /** Frames after a gap do not count: resuming from them would skip what is missing. */
  private passFrame(frame: number): void {
    if (!this.inGap) this.frame = frame; // Not the greatest but the last: a replay after a resume runs through older ones.
  }

  private takeState(state: SessionState): void {
    this.session = { ...state.session };
    this.world = state.world ?? this.world;
    this.playerId = state.you?.player_id ?? null;
    this.epoch = state.epoch;
    this.frame = state.frame;
    this.takeTime(state);
    this.tickRateHz = state.tick_rate_hz;
    this.lastSeq = state.last_seq;
    this.inGap = false;
    this.playersById.clear();
    for (const seat of state.session.participants) {
      if (seat.connection_status !== "left") this.playersById.set(seat.player_id, playerOf(seat));
    }
    for (const row of state.players) this.takeRow(row);
    this.objectives = null;
    this.takeObjectives(state.objectives);
    this.ground = state.ground?.fields ?? [];
  }

  /** Scores of these modes are told by frames: they change without events. */
  private takeObjectives(objectives: Objectives | undefined): void {
    if (!objectives) return;
    this.objectives = objectives;
    const teams = this.session?.teams.map((team, side) => ({ ...team, score: objectives.scores[side] ?? team.score }));
    if (teams) this.changeSession({ teams });
  }

  private takeRow(row: PlayerState): void {
    const player = this.playersById.get(row.player_id);
    if (!player) return; // Left meanwhile; the event that said so was faster.
    if (row.position) player.position = row.position;
    player.yaw = row.yaw;
    player.pitch = row.pitch;
    player.stance = row.stance ?? player.stance;
    player.health = row.health;
    player.alive = row.alive;
    player.ammunition = row.ammunition;
    player.effects = row.effects ?? [];
    player.energy = row.energy ?? player.energy;
    player.usingItem = row.using_item ?? null;
    player.lastInput = row.last_input;
  }

  private takeEvent(event: CombatEvent): Taken {
    if (event.seq <= this.lastSeq) {
      this.passFrame(event.frame);
      return REPEAT;
    }
    if (event.seq > this.lastSeq + 1) {
      this.inGap = true;
      return { kind: "gap", expected: this.lastSeq + 1, got: event.seq };
    }
    this.inGap = false;
    this.lastSeq = event.seq;
    this.epoch = Math.max(this.epoch, event.epoch);
    this.passFrame(event.frame);
    this.applyEvent(event);
    return NEWS;
  }

  private applyEvent(event: CombatEvent): void {
    switch (event.event) {
      case "session_started":
      case "session_resumed":
        this.changeSession({ status: "active" });
        break;
      case "session_paused":
        this.changeSession({ status: "paused" });
        break;
      case "session_ended": {
        const { end_reason, winner_team_id, teams } = event.data;
        const neverBegan = this.session?.status === "waiting";
        const status = neverBegan ? "cancelled" : "ended";
        this.changeSession({ status, end_reason, winner_team_id, teams });
        break;
      }
      case "round_started":
        this.changeSession({ current_round: event.data.round, max_rounds: event.data.max_rounds });
        this.resetScores();
        break;
      case "round_ended":
        this.changeSession({ teams: event.data.teams });
        break;
      case "player_joined":
        this.join(event.data.player_id, event.data.team_id, event.data.display_name);
        break;
      case "player_left":
        this.playersById.delete(event.data.player_id);
        break;
      case "player_disconnected":
        this.change(event.data.player_id, { connection: "disconnected" });
        break;
      case "player_reconnected":
        this.change(event.data.player_id, { connection: "connected" });
        break;
      case "player_respawned": {
        const { player_id, position } = event.data;
        this.change(player_id, { alive: true, health: 100, ...(position && { position }) });
        break;
      }
      case "damage_dealt":
        this.change(event.data.target_id, { health: event.data.health });
        break;
      case "player_killed":
        this.kill(event.data.victim_id, event.data.killer_id);
        break;
      case "player_healed":
        this.change(event.data.player_id, { health: event.data.health });
        break;
      case "ability_used":
      case "item_used":
      case "effect_applied":
      case "effect_ended":
        break; // The frames say what lies on whom, what lies where, and how much energy is left.
      case "overtime_started":
      case "objective_changed":
        break; // The frames say how flags and zones stand.
      case "unknown":
        break; // Numbered like any other, so that no gap opens; what it changed comes with the next states.
    }
  }

  private changeSession(changes: Partial<CombatSession>): void {
    if (this.session) Object.assign(this.session, changes);
  }

  private change(playerId: string, changes: Partial<PlayerView>): void {
    const player = this.playersById.get(playerId);
    if (player) Object.assign(player, changes);
  }

  private join(playerId: string, teamId: string, displayName: string | null = null): void {
    if (this.playersById.has(playerId)) this.change(playerId, { teamId, displayName, connection: "connected" });
    else this.playersById.set(playerId, { ...newPlayer(playerId, teamId), displayName });
  }

  private kill(victimId: string, killerId: string | undefined): void {
    const victim = this.playersById.get(victimId);
    if (victim) this.change(victimId, { alive: false, health: 0, deaths: victim.deaths + 1 });
    const killer = killerId === undefined || killerId === victimId ? undefined : this.playersById.get(killerId);
    if (!killer) return;
    killer.kills += 1;
    const team = this.session?.teams.find((row) => row.team_id === killer.teamId);
    if (team && this.objectives === null && victim?.teamId !== killer.teamId) team.score += 1; // Until round_ended says what holds.
  }

  private resetScores(): void {
    const teams: Team[] = (this.session?.teams ?? []).map((team) => ({ ...team, score: 0 }));
    this.changeSession({ teams });
  }
}

function playerOf(seat: SessionParticipant): PlayerView {
  return {
    ...newPlayer(seat.player_id, seat.team_id),
    displayName: seat.display_name ?? null,
    ...(seat.position && { position: seat.position }),
    health: seat.health,
    alive: seat.alive,
    kills: seat.kills,
    deaths: seat.deaths,
    connection: seat.connection_status ?? "expected",
  };
}

function newPlayer(playerId: string, teamId: string): PlayerView {
  return {
    playerId,
    teamId,
    displayName: null,
    position: { x: 0, y: 0, z: 0 },
    yaw: 0,
    pitch: 0,
    stance: "stand",
    health: 100,
    alive: true,
    ammunition: 0,
    effects: [],
    energy: 100,
    usingItem: null,
    lastInput: 0,
    kills: 0,
    deaths: 0,
    connection: "connected",
  };
}
