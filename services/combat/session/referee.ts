/**
 * Referee: has the damage service decide the blows that sessions give out.
 * In:  a session that comes here; its ticks.   Out: rulings into its inbox, each blow one.
 * Law: no tick waits for it. Where there is no answer the ruling says so, and the simulation's own sum decides. Asked are
 *      as many at once as the port allows; the simulation bounds how many wait.
 * Not here: what is given out, and what a ruling does (sim/rulings.ts).
 */
import type { Log } from "#kit/log.ts";
import type { DamageService } from "../related/damage.ts";
import type { AskedBlow } from "./asked-blows.ts";
import type { Session } from "./session.ts";

export class Referee {
  private readonly damage: DamageService;
  private readonly log: Log;

  constructor({ damage, log }: { damage: DamageService; log: Log }) {
    this.damage = damage;
    this.log = log;
  }

  /** A session is here from now on: its blows are given out if there is somebody to ask. */
  handleAdopted(session: Session, unixMs: number): void {
    session.handleRulings(unixMs, this.damage.isElsewhere);
  }

  handleTick(session: Session): void {
    for (const asked of session.pollBlows()) {
      this.ask(session, asked).catch((error: unknown) => {
        this.log.error({ error, sessionId: session.id }, "a blow could not be asked about; the local sum decides");
      });
    }
  }

  private async ask(session: Session, { id, blow, attackerId, targetId, armour }: AskedBlow): Promise<void> {
    if (attackerId === null || targetId === null) return session.handleRuling({ kind: "ruling", id, decided: null });
    const headshot = blow.part === "head";
    const answer = await this.damage.compute({
      ...blow,
      sessionId: session.id,
      attackerId,
      targetId,
      headshot,
      armour,
    });
    session.handleRuling({ kind: "ruling", id, decided: answer.ok ? answer.value : null });
  }
}
