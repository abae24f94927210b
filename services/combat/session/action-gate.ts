/**
 * Action gate: holds a player's actions back while the abilities service is asked about one of them.
 * In:  an action, and what carries it out.   Out: it is carried out, with the verdict on its ability.
 * Law: a player's actions are carried out in the order they came. Where nobody is asked they are carried out at once, and
 *      so they are without an answer: then the table decides. Nobody waits longer than a call takes; ACTIONS_HELD_MAX wait.
 * Not here: what an action does (session.ts), what others may ask (related/).
 */
import type { Log } from "#kit/log.ts";
import { ABILITIES_ASKED_MAX, ACTIONS_HELD_MAX } from "../limits.ts";
import { type AbilitiesService, type AbilityVerdict, BY_THE_TABLE, UNANSWERED } from "../related/abilities.ts";

export type Passing = {
  readonly sessionId: string;
  readonly playerId: string;
  /** The ability it uses, if that is to be asked about. */
  readonly abilityId: string | null;
  readonly carryOut: (verdict: AbilityVerdict) => void;
};

type Held = { verdict: AbilityVerdict | null; readonly carryOut: Passing["carryOut"] };

export class ActionGate {
  private readonly abilities: AbilitiesService;
  private readonly log: Log;
  /** By session and player, in the order they came; nobody's line is empty. */
  private readonly lines = new Map<string, Held[]>();

  constructor({ abilities, log }: { abilities: AbilitiesService; log: Log }) {
    this.abilities = abilities;
    this.log = log;
  }

  /** Whether there is somebody to ask. */
  get asks(): boolean {
    return this.abilities.isElsewhere;
  }

  /** False when too many of this player's are held already: then it is not carried out. */
  pass({ sessionId, playerId, abilityId, carryOut }: Passing): boolean {
    const key = `${sessionId} ${playerId}`;
    const line = this.lines.get(key);
    const asks = abilityId !== null && this.asks;
    if (line === undefined && !asks) {
      carryOut(BY_THE_TABLE);
      return true;
    }
    const held: Held = { verdict: asks ? null : BY_THE_TABLE, carryOut };
    if (!this.hold(key, line, held)) return false;
    if (abilityId !== null && asks) void this.ask({ sessionId, playerId, abilityId }, key, held);
    return true;
  }

  private hold(key: string, line: Held[] | undefined, held: Held): boolean {
    if (line === undefined) {
      this.lines.set(key, [held]);
      return true;
    }
    const asked = line.filter(({ verdict }) => verdict === null).length;
    if (line.length >= ACTIONS_HELD_MAX || (held.verdict === null && asked >= ABILITIES_ASKED_MAX)) return false;
    line.push(held);
    return true;
  }

  private async ask(asked: Parameters<AbilitiesService["authorize"]>[0], key: string, held: Held): Promise<void> {
    try {
      const answer = await this.abilities.authorize(asked);
      held.verdict = answer.ok ? answer.value : UNANSWERED;
    } catch (error) {
      this.log.error({ error, ...asked }, "an ability could not be asked about; the table decides");
      held.verdict = UNANSWERED;
    }
    this.release(key);
  }

  /** All up to the first that still waits. */
  private release(key: string): void {
    const line = this.lines.get(key) ?? [];
    let at = 0;
    for (; at < line.length; at++) {
      const { verdict, carryOut } = line[at]!;
      if (verdict === null) break;
      try {
        carryOut(verdict);
      } catch (error) {
        this.log.error({ error }, "an action that was held could not be carried out");
      }
    }
    line.splice(0, at);
    if (line.length === 0) this.lines.delete(key);
  }
}
