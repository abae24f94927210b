/**
 * Actions: lets a fighter do what it asked for, or says why not.
 * In: an action and the step it falls into.   Out: its one outcome; writes the actor, and whom a shot hurts, for step.
 * Law: a refused action costs nothing: no round, no time. Weapons fire no faster on average than their table says.
 * Order of reasons: not_active, dead, then what the action itself lacks.
 */
import { unreachable } from "#kit/assert.ts";
import { judgeAttack, type Shot } from "./attack.ts";
import { WEAPONS, type WeaponName } from "./content.ts";
import { deal } from "./damage.ts";
import type { SimEvent } from "./events.ts";
import type { Action, ActionRefusal, Aim, Hit, Outcome } from "./inputs.ts";
import type { Fighter, World } from "./world.ts";

type Attack = { aim: Aim; weapon: WeaponName | null };

/** What came of it: a refusal, or done, with the receipt where it was a shot. */
type Done = ActionRefusal | { hit: Hit | null };

/** `open`: the match is live and this tick still takes shots. A seat nobody sits in is refused as not_active. */
export function perform(world: World, action: Action, on: { open: boolean; events: SimEvent[] }): Outcome {
  const { id, slot } = action;
  const fighter = world.fighters[slot];
  if (!fighter) return { kind: "refused", id, slot, reason: "not_active", cooldownMs: 0, ammunition: 0 };
  // Moves overtake actions, so an action may be older than what is acknowledged already.
  fighter.lastInput = Math.max(fighter.lastInput, action.seq);
  const done = on.open ? act(world, fighter, action.do, on.events) : "not_active";
  const ammunition = fighter.magazine[fighter.weapon];
  const cooldownMs = Math.max(0, Math.max(fighter.readyAtMs, fighter.reloadedAtMs) - world.nowMs);
  if (typeof done === "string") return { kind: "refused", id, slot, reason: done, cooldownMs, ammunition };
  return { kind: "done", id, slot, cooldownMs, ammunition, hit: done.hit };
}

function act(world: World, fighter: Fighter, wish: Action["do"], events: SimEvent[]): Done {
  if (!fighter.alive) return "dead";
  switch (wish.type) {
    case "attack":
      return attack(world, fighter, wish, events);
    case "reload":
      return reload(world, fighter);
    case "switch_weapon":
      return switchWeapon(world, fighter, wish.weapon);
    default:
      return unreachable(wish);
  }
}

function attack(world: World, fighter: Fighter, wish: Attack, events: SimEvent[]): Done {
  if (wish.weapon !== null && wish.weapon !== fighter.weapon) return "wrong_weapon";
  if (fighter.reloadedAtMs > 0) return "reloading";
  if (world.nowMs < fighter.readyAtMs) return "cooldown";
  if (fighter.magazine[fighter.weapon] === 0) return "empty_magazine";
  const shot = judgeAttack(world, fighter, wish.aim);
  if (!shot) return "unknown_target";
  fighter.magazine[fighter.weapon] -= 1;
  fighter.readyAtMs = firedAtMs(world, fighter) + WEAPONS[fighter.weapon].fireIntervalMs;
  return { hit: land(world, fighter, shot, events) };
}

/**
 * When the shot counts as fired: now; but a trigger held since before this tick fired when the weapon was ready, else
 * an interval that is no multiple of the tick would be rounded up with every shot.
 */
function firedAtMs(world: World, fighter: Fighter): number {
  const tickMs = 1000 / world.rules.tickRateHz;
  return world.nowMs - fighter.readyAtMs < tickMs ? fighter.readyAtMs : world.nowMs;
}

function land(world: World, fighter: Fighter, shot: Shot, events: SimEvent[]): Hit {
  fighter.shotsFired += 1;
  let damage = 0;
  let headshot = false;
  for (const blow of shot.blows) {
    damage += deal(world, blow, events).lost;
    headshot ||= blow.headshot;
  }
  if (damage > 0) fighter.shotsHit += 1;
  if (damage > 0 && headshot) fighter.headshots += 1;
  const { kind, distanceCm } = shot.struck;
  const target = shot.struck.kind === "player" ? shot.struck.slot : null;
  return { struck: kind, target, distanceCm, headshot, damage, tickUsed: shot.tickUsed };
}

function reload(world: World, fighter: Fighter): Done {
  if (fighter.reloadedAtMs > 0) return "reloading";
  const weapon = WEAPONS[fighter.weapon];
  if (fighter.magazine[fighter.weapon] === weapon.magazineRounds) return "full_magazine";
  fighter.reloadedAtMs = world.nowMs + weapon.reloadMs;
  return { hit: null };
}

/** Breaks a reload off. Keeps the longer wait, so that two switches do not shorten what a weapon owes. */
function switchWeapon(world: World, fighter: Fighter, weapon: WeaponName): Done {
  if (weapon === fighter.weapon) return { hit: null };
  fighter.weapon = weapon;
  fighter.reloadedAtMs = 0;
  fighter.readyAtMs = Math.max(fighter.readyAtMs, world.nowMs + WEAPONS[weapon].drawMs);
  return { hit: null };
}
