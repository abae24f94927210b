/**
 * Bot: one player on the public socket with a brain behind it.
 * In:  frames and the loop's beat.   Out: position updates and actions.
 * Law: the brain hears what frames said and nothing else; the server's corrections hold.
 * Not here: when to think (bot-loop.ts), who plays whom (match.ts).
 */

import {
  type ActionResult,
  type CombatEvent,
  type CombatSocket,
  connect,
  type Down,
  type ServerMessage,
  type TokenOccasion,
  type Vec3,
  type WireFormat,
} from "#client/index.ts";
import { type Act, Brain } from "./brain.ts";
import { goalsOf } from "./goals.ts";
import type { Tally } from "./tally.ts";
import { walkMapOf } from "./walk-maps.ts";

export type BotOptions = {
  readonly url: string;
  readonly sessionId: string;
  readonly format: WireFormat;
  readonly seed: number;
  readonly tally: Tally;
  readonly token: (occasion: TokenOccasion) => string | Promise<string>;
  readonly onEvent: (event: CombatEvent) => void;
  /** The socket is gone for good. */
  readonly onGone: (down: Down) => void;
};

export class Bot {
  private readonly options: BotOptions;
  private readonly socket: CombatSocket;
  private brain: Brain | null = null;

  constructor(options: BotOptions) {
    this.options = options;
    const { tally } = options;
    this.socket = connect({
      url: options.url,
      sessionId: options.sessionId,
      format: options.format,
      tokenProvider: options.token,
      onMessage: (message) => this.handle(message),
      onRoundTrip: (ms) => tally.roundTrip(ms),
      onGap: () => tally.count("gaps"),
      onUndecodable: () => tally.count("undecodable"),
      onDown: (down) => this.handleDown(down),
    });
  }

  get isConnected(): boolean {
    return this.socket.state === "open";
  }

  think(nowMs: number): void {
    const { brain, socket } = this;
    const { you, session, players } = socket.view;
    if (!brain || !you || !session || !this.isConnected) return;
    const { playerId, teamId, alive } = you;
    const live = session.status === "active";
    const goals = goalsOf(socket.view);
    const intent = brain.think({ nowMs, live, alive, playerId, teamId, others: players.values(), goals });
    if (intent.stride && socket.move(intent.stride) !== null) this.options.tally.count("moves");
    if (intent.act) this.act(intent.act);
  }

  close(): void {
    this.socket.close();
  }

  private act(act: Act): void {
    if (act.kind === "attack") this.socket.attack({ direction: act.direction });
    else if (act.kind === "reload") this.socket.reload();
    else this.socket.switchWeapon(act.weapon);
    this.options.tally.count("actions");
  }

  private handle(message: ServerMessage): void {
    const { tally } = this.options;
    tally.count("frames");
    switch (message.type) {
      case "session_state":
        this.wake();
        break;
      case "combat_event":
        this.handleEvent(message);
        break;
      case "action_result":
        this.handleAnswer(message);
        break;
      case "position_correction":
        tally.count("corrections");
        this.brain?.handleCorrection(message.position);
        break;
      case "error":
        tally.count("errors");
        break;
    }
  }

  /** A full state: where we are is where the server says. */
  private wake(): void {
    const { you, world } = this.socket.view;
    if (!you || !world) return;
    const { walls } = world;
    if (this.brain) this.brain.handleSpawn(you.position);
    else this.brain = new Brain({ seed: this.options.seed, map: walkMapOf(world), walls, at: you.position });
  }

  private handleEvent(event: CombatEvent): void {
    const ours = this.socket.view.playerId;
    if (event.event === "player_respawned" && event.data.player_id === ours) this.respawn(event.data.position);
    this.options.onEvent(event);
  }

  private respawn(at: Vec3 | undefined): void {
    if (at) this.brain?.handleSpawn(at);
  }

  private handleAnswer(result: ActionResult): void {
    this.brain?.handleAnswer(performance.now(), result);
    if (result.hit) this.options.tally.count(result.hit.hit ? "hits" : "misses");
  }

  private handleDown(down: Down): void {
    if (down.retryInMs === null) this.options.onGone(down);
    else this.options.tally.count("reconnects");
  }
}
