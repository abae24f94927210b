/**
 * Fire: what a press of the trigger does, and the rounds of a burst that follow it.
 * In:  the shooter and its aim, then the ticks after.   Out: what came of it; writes the shooter, and whom a shot hurts.
 * Law: a refused attack costs nothing: no round, no time. Weapons fire no faster on average than their table says. A burst
 *      goes on where its first round went, as far back as that one was judged, from where the shooter stands now; it ends
 *      with the magazine, another weapon, a reload, a stun, the shooter's fall or the round.
 * Not here: what a shot strikes (attack.ts), what flies (projectiles.ts).
 */
import { judgeAttack, type Shot } from "./attack.ts";
import { WEAPONS, type Weapon, type WeaponName } from "./content.ts";
import { canAct } from "./effects.ts";
import type { ActionRefusal, Aim, Hit, Told } from "./inputs.ts";
import { type FlyingWeapon, launch } from "./projectiles.ts";
import { claimedTick, type View } from "./rewind.ts";
import { dealOrGiveOut, isHeadshot, type OpenAttack } from "./rulings.ts";
import type { Fighter, World } from "./world.ts";

export type Attack = {
  readonly aim: Aim;
  readonly weapon: WeaponName | null;
  readonly shown: View;
  readonly seq: number;
  /** The match time the client says it was showing; null when it does not say. */
  readonly claimedMs: number | null;
};

/** Rounds of a burst that are still to come. */
export type BurstLeft = {
  rounds: number;
  /** When the next one is due. */
  nextAtMs: number;
  /** Where all of them go, millionths. */
  x: number;
  y: number;
  z: number;
  /** As the first was judged, so are they. */
  wayMs: number;
  rewindMs: number;
  capped: boolean;
  /** `seq` of the action. */
  seq: number;
};

/** A round that has left: its receipt, and what of it is still to be decided. */
type Released = { hit: Hit; waits: OpenAttack | null };

export function attack(world: World, fighter: Fighter, wish: Attack, told: Told): ActionRefusal | Released {
  if (wish.weapon !== null && wish.weapon !== fighter.weapon) return "wrong_weapon";
  if (fighter.reloadedAtMs > 0) return "reloading";
  if (world.nowMs < fighter.readyAtMs) return "cooldown";
  const weapon: Weapon = WEAPONS[fighter.weapon];
  if (isEmpty(fighter)) return "empty_magazine";
  const shot = judgeAttack(world, fighter, wish.aim, wish.shown);
  if (!shot) return "unknown_target";
  const firedAtMs = firedAt(world, fighter);
  fighter.readyAtMs = firedAtMs + weapon.fireIntervalMs;
  fighter.burst = weapon.burst ? burstAfter(shot, { ...weapon.burst, firedAtMs, seq: wish.seq }) : null;
  const { seq, claimedMs } = wish;
  const tickClaimed = claimedMs === null ? null : claimedTick(world, claimedMs);
  return release(world, fighter, shot, { seq, tickClaimed, answers: true }, told);
}

/** All rounds that are due. `settle` says whether one won the round: then no more are fired. */
export function fireBursts(world: World, told: Told, settle: () => boolean): boolean {
  for (const fighter of world.fighters) {
    while (fighter?.burst && world.nowMs >= fighter.burst.nextAtMs) {
      fireNext(world, fighter, fighter.burst, told);
      if (settle()) return true;
    }
  }
  return false;
}

function fireNext(world: World, fighter: Fighter, burst: BurstLeft, told: Told): void {
  const { burst: table } = WEAPONS[fighter.weapon] as Weapon;
  const { wayMs, rewindMs, capped, seq } = burst;
  burst.rounds -= 1;
  burst.nextAtMs += table?.intervalMs ?? 0;
  if (burst.rounds === 0) fighter.burst = null;
  if (!table || isEmpty(fighter) || !canAct(fighter)) {
    fighter.burst = null;
    return;
  }
  const aim: Aim = { kind: "direction", direction: { x: burst.x, y: burst.y, z: burst.z } };
  const atMs = Math.max(0, world.nowMs - wayMs - rewindMs);
  const shot = judgeAttack(world, fighter, aim, { atMs, wayMs, rewindMs, capped });
  if (shot) release(world, fighter, shot, { seq, tickClaimed: null, answers: false }, told);
}

function burstAfter(
  { direction, view }: Shot,
  of: { rounds: number; intervalMs: number; firedAtMs: number; seq: number },
): BurstLeft {
  const millionths = (part: number) => Math.round(part * 1_000_000);
  const { x, y, z } = direction;
  return {
    rounds: of.rounds - 1,
    nextAtMs: of.firedAtMs + of.intervalMs,
    ...{ x: millionths(x), y: millionths(y), z: millionths(z) },
    ...{ wayMs: Math.floor(view.wayMs), rewindMs: Math.floor(view.rewindMs), capped: view.capped, seq: of.seq },
  };
}

function isEmpty(fighter: Fighter): boolean {
  return WEAPONS[fighter.weapon].magazineRounds > 0 && fighter.magazine[fighter.weapon] === 0;
}

/**
 * When the shot counts as fired: now; but a trigger held since before this tick fired when the weapon was ready, else
 * an interval that is no multiple of the tick would be rounded up with every shot.
 */
function firedAt(world: World, fighter: Fighter): number {
  const tickMs = 1000 / world.rules.tickRateHz;
  return world.nowMs - fighter.readyAtMs < tickMs ? fighter.readyAtMs : world.nowMs;
}

/** The round leaves: it strikes at once, or flies. */
function release(
  world: World,
  fighter: Fighter,
  shot: Shot,
  { seq, tickClaimed, answers }: { seq: number; tickClaimed: number | null; answers: boolean },
  told: Told,
): Released {
  const name = fighter.weapon;
  const weapon: Weapon = WEAPONS[name];
  if (weapon.magazineRounds > 0) fighter.magazine[name] -= 1;
  fighter.shotsFired += 1;
  const released = weapon.flight ? sendOff(world, fighter, shot, seq, told) : land(world, fighter, shot, told);
  released.hit.tickClaimed = tickClaimed;
  const receipt = { slot: fighter.slot, seq, weapon: name, answers, hit: released.hit };
  if (released.waits) released.waits.shot = receipt;
  else told.shots.push(receipt);
  return released;
}

function land(world: World, fighter: Fighter, shot: Shot, told: Told): Released {
  const { struck, blows } = shot;
  const { damage, waits } = dealOrGiveOut(world, fighter.slot, blows, told.events);
  const { kind, distanceCm } = struck;
  const [target, part] = struck.kind === "player" ? [struck.slot, struck.part] : [null, null];
  const judged = { headshot: isHeadshot(blows), damage, projectile: null, ...judgedBy(shot) };
  return { hit: { struck: kind, target, part, distanceCm, ...judged }, waits };
}

function sendOff(world: World, fighter: Fighter, shot: Shot, seq: number, told: Told): Released {
  const weapon = WEAPONS[fighter.weapon] as FlyingWeapon;
  const { id: projectile } = launch(world, fighter, { ...shot, seq, weapon }, told);
  const nothing = { target: null, part: null, distanceCm: 0, headshot: false, damage: 0 };
  return { hit: { struck: "in_flight", ...nothing, projectile, ...judgedBy(shot) }, waits: null };
}

function judgedBy({ tickUsed, view: { rewindMs, capped } }: Shot) {
  return { tickClaimed: null, tickUsed, rewindMs, capped };
}
