/**
 * Judge of the fuzz: what must hold of a world after every tick, whatever was sent. Throws at what does not.
 * Not a test itself.
 */
import { ARMOUR_MAX } from "#combat/sim/armour.ts";
import { chargesAt } from "#combat/sim/charges.ts";
import { ABILITIES, ABILITY_NAMES } from "#combat/sim/content/abilities.ts";
import { ITEM_NAMES, ITEMS } from "#combat/sim/content/items.ts";
import { WEAPON_NAMES, WEAPONS } from "#combat/sim/content.ts";
import { ENERGY_MAX, energyAt } from "#combat/sim/energy.ts";
import { FIELDS_MAX, PROJECTILES_MAX, RULINGS_OPEN_MAX } from "#combat/sim/limits.ts";
import { noPulse, takePulse } from "#combat/sim/pulse.ts";
import type { Fighter, World } from "#combat/sim/world.ts";
import { FrameSource } from "#combat/snapshot/frame.ts";
import { fail } from "./fuzz-ledger.ts";

/** Health, place, rounds and figures of everybody; flags and zones. */
export function judge(world: World): void {
  for (const fighter of world.fighters) if (fighter) judgeFighter(fighter, world);
  judgeObjectives(world);
  judgeFields(world);
  if (world.projectiles.length > PROJECTILES_MAX) fail(`${world.projectiles.length} projectiles`);
  if (world.rulings.open.length > RULINGS_OPEN_MAX) fail(`${world.rulings.open.length} attacks are undecided`);
}

/** Holds each step that says it changed nobody against what frames and recordings would have told. */
export class StillWitness {
  /** Steps that said so. */
  count = 0;
  private readonly frames = new FrameSource();
  private readonly before = noPulse();
  private readonly after = noPulse();

  handleBefore(world: World): void {
    this.frames.pollChanges(world);
    takePulse(world, this.before);
  }

  handleStepped(world: World, still: boolean): void {
    if (!still) return;
    this.count += 1;
    const players = this.frames.pollChanges(world)?.players ?? [];
    if (players.length > 0) fail(`a still step changed what is shown of slot ${players[0]?.slot}`);
    takePulse(world, this.after);
    if (this.after.some((lane, at) => lane !== this.before[at])) fail("a still step changed the pulse");
  }
}

function judgeFields({ fields, nowMs, phase }: World): void {
  if (fields.length > FIELDS_MAX) fail(`${fields.length} fields`);
  if (phase === "live" && fields.some(({ untilMs }) => untilMs <= nowMs)) fail("a field is over");
}

const DEEDS_MAX = WEAPON_NAMES.length + ABILITY_NAMES.length;

function judgeFighter(fighter: Fighter, world: World): void {
  const { slot, position, health, armour, effects, alive, feats, shotsFired, shotsHit, headshots } = fighter;
  const { min, max } = world.map.bounds;
  if (health < 0 || health > 10_000 || alive !== health > 0) fail(`slot ${slot} has ${health}, alive ${alive}`);
  if (armour.amount < 0 || armour.amount > ARMOUR_MAX) fail(`slot ${slot} wears ${armour.amount}`);
  if (!alive && effects.length > 0) fail(`slot ${slot} is down, and something lies on it`);
  if (effects.some(({ untilMs }) => untilMs <= world.nowMs) && world.phase === "live")
    fail(`slot ${slot}: an effect is over`);
  const energy = energyAt(fighter.energy, world.nowMs);
  if (energy < 0 || energy > ENERGY_MAX) fail(`slot ${slot} has ${energy} of energy`);
  for (const name of ABILITY_NAMES) {
    const charges = chargesAt(fighter.spent, name, world.nowMs);
    if (charges < 0 || charges > ABILITIES[name].charges) fail(`slot ${slot} has ${charges} charges of ${name}`);
  }
  for (const name of ITEM_NAMES) {
    const left = fighter.items.left[name];
    if (left < 0 || left > ITEMS[name].count) fail(`slot ${slot} has ${left} of ${name}`);
  }
  if (!alive && fighter.items.using !== null) fail(`slot ${slot} is down, and uses ${fighter.items.using}`);
  if (fighter.combo.deeds.length > DEEDS_MAX) fail(`slot ${slot} has a combo of ${fighter.combo.deeds.length}`);
  const isOutside = position.x < min.x || position.y < min.y || position.x > max.x || position.y > max.y;
  if (isOutside || position.z < min.z || position.z > max.z) fail(`slot ${slot} left the map`);
  for (const name of WEAPON_NAMES) {
    const rounds = fighter.magazine[name];
    if (rounds < 0 || rounds > WEAPONS[name].magazineRounds) fail(`slot ${slot} has ${rounds} rounds for ${name}`);
  }
  if (shotsHit > shotsFired || headshots > shotsHit) fail(`slot ${slot}: more hits than shots`);
  if (feats.streak > feats.longestStreak) fail(`slot ${slot}: a streak longer than the longest`);
}

function judgeObjectives(world: World): void {
  const { flags, zones } = world.objectives;
  for (const [side, { carrier, state, returnsAtMs }] of flags.entries()) {
    if ((state === "carried") !== (carrier !== null)) fail(`flag ${side} is ${state} by ${carrier}`);
    if ((state === "dropped") !== returnsAtMs > 0) fail(`flag ${side} is ${state} and returns at ${returnsAtMs}`);
    const bearer = carrier === null ? null : world.fighters[carrier];
    if (carrier !== null && !(bearer?.alive && bearer.side === 1 - side)) fail(`flag ${side} is carried by ${carrier}`);
  }
  for (const { place, taker, takenMs, unpaidMs } of zones) {
    if (takenMs < 0 || takenMs >= world.rules.modeRules.zoneCaptureMs) fail(`zone ${place} is taken for ${takenMs} ms`);
    if ((taker === null) !== (takenMs === 0)) fail(`zone ${place} is being taken by ${taker} for ${takenMs} ms`);
    if (unpaidMs < 0 || unpaidMs >= 1_000) fail(`zone ${place} owes ${unpaidMs} ms`);
  }
}

const LONGEST_LIST = Math.max(PROJECTILES_MAX, RULINGS_OPEN_MAX);

/** Every number of the world is whole, and no list longer than the longest cap. History and map are not looked at. */
export function judgeNumbers({ map: _map, history: _history, ...world }: World): void {
  const path = pathToUnsound(world);
  if (path !== null) fail(`not whole, or too long: world${path}`);
}

function pathToUnsound(value: unknown): string | null {
  if (typeof value === "number") return Number.isSafeInteger(value) && !Object.is(value, -0) ? null : ` = ${value}`;
  if (typeof value !== "object" || value === null) return null;
  if (Array.isArray(value) && value.length > LONGEST_LIST) return `.length = ${value.length}`;
  for (const key in value) {
    const path = pathToUnsound(value[key as keyof typeof value]);
    if (path !== null) return `.${key}${path}`;
  }
  return null;
}
