/** Motions, and how they are checked, as the messages of checkpoint.proto have them, and back. */
import type { StoredMotion } from "#gen/necpgame/combat/v1/checkpoint_pb.js";
import type { Motion } from "../sim/motion.ts";
import { CHECKS, type CheckMode, type Checks } from "../sim/suspicion.ts";

/** The point is taken apart; all else is as it is, field by field. */
export function motionMessage(motion: Motion): StoredMotion {
  return {
    $typeName: "necpgame.combat.v1.StoredMotion",
    atMs: motion.atMs,
    shortUs: motion.shortUs,
    longUs: motion.longUs,
    shortFullAtMs: motion.shortFullAtMs,
    longFullAtMs: motion.longFullAtMs,
    silentMs: motion.silentMs,
    burstUs: motion.burstUs,
    stalledUs: motion.stalledUs,
    airMs: motion.airMs,
    liftZ: motion.liftZ,
    hops: motion.hops,
    safeX: motion.safe.x,
    safeY: motion.safe.y,
    safeZ: motion.safe.z,
    safeAtMs: motion.safeAtMs,
    percent: motion.percent,
    percentUntilMs: motion.percentUntilMs,
    updates: motion.updates,
    updatesAtMs: motion.updatesAtMs,
    toldAtMs: motion.toldAtMs,
    leaptAtMs: motion.leaptAtMs,
    forgivenAtMs: motion.forgivenAtMs,
    score: motion.score,
    scoreAtMs: motion.scoreAtMs,
    toldX: motion.told.x,
    toldY: motion.told.y,
    toldZ: motion.told.z,
    lenient: motion.lenient,
  };
}

export function motionOf(message: StoredMotion): Motion {
  const { $typeName: _, $unknown: __, safeX, safeY, safeZ, toldX, toldY, toldZ, ...motion } = message;
  return { ...motion, safe: { x: safeX, y: safeY, z: safeZ }, told: { x: toldX, y: toldY, z: toldZ } };
}

export function checksMessage(checks: Checks): CheckMode[] {
  return CHECKS.map((check) => checks[check]);
}

export function checksOf(modes: readonly string[]): Checks {
  return Object.fromEntries(CHECKS.map((check, index) => [check, modes[index] ?? "enforce"])) as Checks;
}
