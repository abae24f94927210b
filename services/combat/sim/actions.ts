/**
 * Actions: lets a fighter do what it asked for, or says why not.
 * In: an action and the step it falls into.   Out: its one outcome; writes the actor, and whom a shot hurts, for step.
 * Law: a refused action costs nothing: no round, no time.
 * Order of reasons: not_active, dead, stunned, then what the action itself lacks.
 * Not here: what a press of the trigger does (fire.ts).
 */
import { unreachable } from "#kit/assert.ts";
import { comboNow } from "./combo.ts";
import { WEAPONS, type WeaponName } from "./content.ts";
import { canAct } from "./effects.ts";
import { attack } from "./fire.ts";
import type { Action, ActionRefusal, Hit, Outcome, Told } from "./inputs.ts";
import { beginUse, breakUse, useLeftMs } from "./items.ts";
import { hasWeapon } from "./loadout.ts";
import { viewOf } from "./rewind.ts";
import type { OpenAttack } from "./rulings.ts";
import { abilityWaitMs, type Used, useAbility } from "./use-ability.ts";
import type { Fighter, World } from "./world.ts";

/** What came of it: a refusal, or done, with the receipt where it was a shot, and what an ability came to. */
type Done = ActionRefusal | { hit: Hit | null; waits?: OpenAttack | null; used?: Used };

/**
 * `open`: the match is live and this tick still takes shots. A seat nobody sits in is refused as not_active.
 * Null for a shot whose blows are given out: its receipt comes when they are decided.
 */
export function perform(world: World, action: Action, on: Told & { open: boolean }): Outcome | null {
  const { id, slot } = action;
  const fighter = world.fighters[slot];
  if (!fighter) return { kind: "refused", id, slot, reason: "not_active", cooldownMs: 0, ammunition: 0 };
  // Moves overtake actions, so an action may be older than what is acknowledged already.
  fighter.lastInput = Math.max(fighter.lastInput, action.seq);
  const done = on.open ? act(world, fighter, action, on) : "not_active";
  const ammunition = fighter.magazine[fighter.weapon];
  const cooldownMs = waitMs(world, fighter, action.do);
  if (typeof done === "string") return { kind: "refused", id, slot, reason: done, cooldownMs, ammunition };
  const came = { hit: done.hit, used: done.used ?? null, combo: comboNow(fighter, world.nowMs) };
  const receipt = { kind: "done", id, slot, cooldownMs, ammunition, ...came } as const;
  if (!done.waits) return receipt;
  done.waits.receipt = receipt;
  return null;
}

/** Until the same can be done again. */
function waitMs(world: World, fighter: Fighter, wish: Action["do"]): number {
  if (wish.type === "use_item") return useLeftMs(fighter, world.nowMs);
  if (wish.type === "ability") return abilityWaitMs(world, fighter, wish.ability);
  return Math.max(0, Math.max(fighter.readyAtMs, fighter.reloadedAtMs) - world.nowMs);
}

/** Whoever does anything else puts away what it is using. */
function act(world: World, fighter: Fighter, action: Action, told: Told): Done {
  const done = carryOut(world, fighter, action, told);
  if (typeof done !== "string" && action.do.type !== "use_item") breakUse(fighter);
  return done;
}

function carryOut(world: World, fighter: Fighter, action: Action, told: Told): Done {
  if (!fighter.alive) return "dead";
  if (!canAct(fighter)) return "stunned";
  const wish = action.do;
  switch (wish.type) {
    case "attack":
      return attack(
        world,
        fighter,
        { ...wish, shown: viewOf(action), seq: action.seq, claimedMs: action.claimedMs },
        told,
      );
    case "reload":
      return reload(world, fighter);
    case "switch_weapon":
      return switchWeapon(world, fighter, wish.weapon);
    case "ability": {
      const used = useAbility(world, fighter, { ...wish, shown: viewOf(action) }, told.events);
      return typeof used === "string" ? used : { hit: null, used };
    }
    case "use_item":
      return beginUse(world, fighter, wish.item) ?? { hit: null };
    default:
      return unreachable(wish);
  }
}

function reload(world: World, fighter: Fighter): Done {
  if (fighter.reloadedAtMs > 0) return "reloading";
  const weapon = WEAPONS[fighter.weapon];
  if (fighter.magazine[fighter.weapon] === weapon.magazineRounds) return "full_magazine";
  fighter.burst = null;
  fighter.reloadedAtMs = world.nowMs + weapon.reloadMs;
  return { hit: null };
}

/** Breaks a reload or a burst off. Keeps the longer wait, so that two switches do not shorten what a weapon owes. */
function switchWeapon(world: World, fighter: Fighter, weapon: WeaponName): Done {
  if (!hasWeapon(fighter.loadout, weapon)) return "not_in_loadout";
  if (weapon === fighter.weapon) return { hit: null };
  fighter.weapon = weapon;
  fighter.reloadedAtMs = 0;
  fighter.burst = null;
  fighter.readyAtMs = Math.max(fighter.readyAtMs, world.nowMs + WEAPONS[weapon].drawMs);
  return { hit: null };
}
