/**
 * Use of abilities: whether somebody may, on whom or where, and what comes of it.
 * In:  a wish, and what its client was shown.   Out: a refusal, or what it cost and did; writes user and targets for step.
 * Law: a refused use costs nothing. Whom it is aimed at is judged as a shot is: where they stood in what the client was
 *      shown. Abilities that harm touch enemies alone, those that help the user and its side, whatever friendly fire says.
 * Order of reasons: silenced, not_in_loadout, cooldown or no_charges, not_enough_energy, then what the target lacks.
 * A grant is another service's answer to what this user pays; it replaces the table's cost and cooldown, and nothing else.
 * Not here: what abilities there are (content/abilities.ts), where one lands (landing.ts).
 */
import { bringEffects, type Inflicted } from "./afflictions.ts";
import { eyesOf, middleOf } from "./body.ts";
import { chargesAt, spend, waitMs } from "./charges.ts";
import { noteDeed } from "./combo.ts";
import { ABILITIES, type Ability, type AbilityName } from "./content/abilities.ts";
import { isSilenced } from "./effects.ts";
import { changeEnergy, energyAt } from "./energy.ts";
import type { SimEvent } from "./events.ts";
import { layField } from "./fields.ts";
import { HEALTH_MAX } from "./fighter.ts";
import { unit } from "./geometry.ts";
import { heal } from "./heal.ts";
import type { Action, ActionRefusal, Aim } from "./inputs.ts";
import { groundAt, hasRoom } from "./landing.ts";
import { hasAbility } from "./loadout.ts";
import { leap } from "./motion.ts";
import { dropFlag } from "./objectives.ts";
import { type Poses, posesAt, type View } from "./rewind.ts";
import { isClear, trace } from "./targeting.ts";
import type { Fighter, Point, World } from "./world.ts";

export type AbilityWish = Extract<Action["do"], { type: "ability" }>;

/** What a use came to. `cost` is energy paid, `healed` health given back; both hundredths. */
export type Used = { cost: number; effects: Inflicted[]; healed: number };

/** This high over its ground a field must be in sight. */
const FIELD_SEEN_CM = 10;

/** On whom it is used, or where. */
type Aimed = { readonly slots: readonly number[]; readonly spot: Point | null };

type Use = { world: World; user: Fighter; name: AbilityName; shown: View };

export function useAbility(
  world: World,
  user: Fighter,
  wish: AbilityWish & { shown: View },
  events: SimEvent[],
): ActionRefusal | Used {
  const { ability: name, grant, unanswered = false, shown } = wish;
  const ability: Ability = ABILITIES[name];
  const { nowMs } = world;
  const { cost, cooldownMs } = grant ?? ability;
  if (isSilenced(user)) return "silenced";
  if (!hasAbility(user.loadout, name)) return "not_in_loadout";
  if (chargesAt(user.spent, name, nowMs) === 0) return ability.charges > 1 ? "no_charges" : "cooldown";
  if (energyAt(user.energy, nowMs) < cost) return "not_enough_energy";
  const aimed = aim({ world, user, name, shown }, wish);
  if (typeof aimed === "string") return aimed;
  user.spent = spend(user.spent, { ability: name, cooldownMs, nowMs });
  changeEnergy(user.energy, -cost, nowMs);
  const [target = null] = ability.target === "self" || ability.target === "enemies_near" ? [] : aimed.slots;
  const decidedBy = grant ? "abilities_service" : unanswered ? "fallback" : null;
  const used = { slot: user.slot, ability: name, target, position: aimed.spot, cost };
  events.push({ kind: "ability_used", ...used, ...(decidedBy && { decidedBy }) });
  return { cost, ...take(world, user, { name, aimed }, events) };
}

/** Until it can be used again, milliseconds. */
export function abilityWaitMs(world: World, user: Fighter, ability: AbilityName): number {
  return waitMs(user.spent, ability, world.nowMs);
}

function aim(use: Use, { aim, spot }: AbilityWish): Aimed | ActionRefusal {
  const { world, user, name } = use;
  const ability: Ability = ABILITIES[name];
  switch (ability.target) {
    case "self":
      return { slots: [user.slot], spot: null };
    case "friend":
      return ailing(world, aim === null ? user.slot : slotOf(use, aim));
    case "enemy":
      return one(aim === null ? "unknown_target" : slotOf(use, aim));
    case "enemies_near":
      return { slots: enemiesNear(world, user, ability.rangeCm), spot: null };
    case "spot":
      return spot === null ? "unknown_target" : placed(use, spot);
  }
}

function one(slot: number | ActionRefusal): Aimed | ActionRefusal {
  return typeof slot === "number" ? { slots: [slot], spot: null } : slot;
}

/** Who lacks nothing is not healed. */
function ailing(world: World, slot: number | ActionRefusal): Aimed | ActionRefusal {
  if (typeof slot === "number" && world.fighters[slot]?.health === HEALTH_MAX) return "full_health";
  return one(slot);
}

/** Whom it strikes: the one named, if in sight; or the first body where it is aimed. */
function slotOf(use: Use, aim: Aim): number | ActionRefusal {
  const { world, user, name, shown } = use;
  const { target, rangeCm } = ABILITIES[name];
  const poses = posesAt(world, shown.atMs);
  const slot = aim.kind === "target" ? aim.slot : struckBy(use, poses, aim.direction);
  if (target === "friend" && slot === user.slot) return slot;
  const pose = poses[slot];
  if (!pose?.alive || slot === user.slot) return "unknown_target";
  const isEnemy = world.fighters[slot]?.side !== user.side;
  if (isEnemy !== (target === "enemy")) return "wrong_target";
  const [from, to] = [eyesOf(user), middleOf(pose)];
  if (aim.kind === "target" && distance(from, to) > rangeCm) return "out_of_range";
  return aim.kind === "direction" || isClear(world.map.walls, from, to) ? slot : "no_line_of_sight";
}

/** -1 where nobody is. */
function struckBy({ world, user, name }: Use, poses: Poses, direction: Point): number {
  const ray = { origin: eyesOf(user), direction: unit(direction) };
  const scene = { walls: world.map.walls, poses };
  const struck = trace(scene, ray, { shooter: user.slot, rangeCm: ABILITIES[name].rangeCm });
  return struck.kind === "player" ? struck.slot : -1;
}

/** Around the user as everybody stands now: nothing is aimed at anybody. */
function enemiesNear(world: World, user: Fighter, rangeCm: number): number[] {
  const near: number[] = [];
  for (const fighter of world.fighters) {
    if (!fighter?.alive || fighter.side === user.side) continue;
    if (distance(user.position, fighter.position) <= rangeCm) near.push(fighter.slot);
  }
  return near;
}

function placed({ world, user, name }: Use, spot: Point): Aimed | ActionRefusal {
  const { rangeCm, does } = ABILITIES[name];
  const isBlink = does.kind === "blink";
  const ground = groundAt(world.map, spot);
  if (ground === null || (isBlink && !hasRoom(world.map, ground, user.stance))) return "blocked";
  if (distance(user.position, ground) > rangeCm) return "out_of_range";
  const seen = isBlink ? middleOf({ ...user, position: ground }) : { ...ground, z: ground.z + FIELD_SEEN_CM };
  return isClear(world.map.walls, eyesOf(user), seen) ? { slots: [], spot: ground } : "no_line_of_sight";
}

function take(
  world: World,
  user: Fighter,
  { name, aimed: { slots, spot } }: { name: AbilityName; aimed: Aimed },
  events: SimEvent[],
): Omit<Used, "cost"> {
  const { does } = ABILITIES[name];
  const by = user.slot;
  switch (does.kind) {
    case "effect": {
      const doses = [{ kind: does.effect, potency: does.potency, durationMs: does.durationMs }];
      const effects = slots.flatMap((target) => bringEffects(world, { by, target, doses }, events));
      for (const { target } of effects) noteDeed(world, user, world.fighters[target]!, name);
      return { effects, healed: 0 };
    }
    case "heal": {
      const healed = slots.map((target) => heal(world, { by, target, amount: does.amount, cause: name }, events));
      return { effects: [], healed: healed.reduce((sum, gained) => sum + gained, 0) };
    }
    case "field":
      if (spot) layField(world, user, { ability: name, at: spot });
      break;
    case "blink":
      dropFlag(world, by, events); // It stays where the leap began.
      if (spot) leap(world, user, spot);
      break;
  }
  return { effects: [], healed: 0 };
}

function distance(from: Point, to: Point): number {
  const [x, y, z] = [to.x - from.x, to.y - from.y, to.z - from.z];
  return Math.sqrt(x * x + y * y + z * z);
}
