/**
 * Acts: carries out what players ask to do, in the order they asked, and answers each once.
 * In:  a session, who asks, and the order.   Out: the outcome, when its tick was played and kept; or why there is none.
 * Law: what waits to be allowed is judged by when it came, and refused if the session or the seat is gone by then.
 * Not here: what waits, and for how long (action-gate.ts), what an action does (session.ts).
 */
import type { Clock } from "#kit/clock.ts";
import { no, ok, type Result } from "#wire/problem.ts";
import type { AbilityVerdict } from "../related/abilities.ts";
import { RELATED_CALL_MS_MAX } from "../related/limits.ts";
import type { AbilityName } from "../sim/content/abilities.ts";
import { abilityWaitMs } from "../sim/use-ability.ts";
import type { ActionGate } from "./action-gate.ts";
import { type ActionOutcome, actionOutcome } from "./action-outcome.ts";
import { abilityAsked } from "./deeds.ts";
import { awaitOutcome, type Hosted } from "./hosted.ts";
import type { ActionOrder } from "./orders.ts";
import { notPlaying, tooMany } from "./refusals.ts";
import type { Session } from "./session.ts";

export type ActAsked = {
  readonly playerId: string;
  readonly order: ActionOrder;
  /** Measured between the player and here; null where nobody measures. */
  readonly rttMs: number | null;
};

export class Acts {
  private readonly gate: ActionGate;
  private readonly clock: Clock;

  constructor({ gate, clock }: { gate: ActionGate; clock: Clock }) {
    this.gate = gate;
    this.clock = clock;
  }

  handle(hosted: Hosted, asked: ActAsked, answer: (result: Result<ActionOutcome>) => void): void {
    const { session } = hosted;
    const { playerId, order } = asked;
    const cameAtMs = session.matchNowMs(this.clock.nowMs());
    const passes = this.gate.pass({
      sessionId: session.id,
      playerId,
      abilityId: this.gate.asks ? abilityToAsk(session, playerId, order) : null,
      carryOut: (verdict) => this.carryOut(hosted, { ...asked, verdict, cameAtMs }, answer),
    });
    if (!passes) answer(no(tooMany("abilities", session.tickMs)));
  }

  private carryOut(
    hosted: Hosted,
    { playerId, order, rttMs, verdict, cameAtMs }: ActAsked & { verdict: AbilityVerdict; cameAtMs: number },
    answer: (result: Result<ActionOutcome>) => void,
  ): void {
    const { session } = hosted;
    const seat = session.roster.seat(playerId);
    if (seat === null) return answer(no(notPlaying(playerId)));
    if (!verdict.allowed) {
      const fighter = session.fighter(seat);
      const ammunition = fighter === null ? 0 : fighter.magazine[fighter.weapon];
      return answer(ok({ kind: "denied", reason: verdict.reason, cooldownMs: verdict.cooldownMs, ammunition }));
    }
    const taken = session.handleAction(seat, order, { atMs: cameAtMs, rttMs, verdict });
    if (!taken.ok) return answer(taken);
    if (typeof taken.value !== "number") return answer(ok(taken.value));
    awaitOutcome(hosted, taken.value, (outcome) => {
      if (outcome.kind !== "damage") answer(ok(actionOutcome(outcome, session.roster)));
    });
  }
}

/** Null where the simulation will refuse it, whatever the answer: then nobody is asked. */
function abilityToAsk(session: Session, playerId: string, order: ActionOrder): AbilityName | null {
  const ability = session.status === "active" ? abilityAsked(order) : null;
  const seat = session.roster.seat(playerId);
  const fighter = seat === null ? null : session.fighter(seat);
  if (ability === null || fighter === null) return null;
  // Later than it can be carried out, however long it is held: else a use at the end of a cooldown would go unasked.
  const soonMs = 2 * (RELATED_CALL_MS_MAX + session.tickMs);
  return abilityWaitMs(session.world, fighter, ability) > soonMs ? null : ability;
}
