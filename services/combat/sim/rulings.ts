/**
 * Rulings: blows that another service decides. They are given out with a number and take nothing yet; a ruling comes in as
 * an input of a later step.
 * In:  an attack's blows, rulings, the time.   Out: what was decided is dealt on behalf of step; receipts that waited.
 * Law: a blow is decided once. Without an answer, or RULING_MS_MAX after it was given out, our own sum decides. It takes
 *      nothing from whoever has died, left or begun another life meanwhile, and nothing in a round that is over.
 * Not here: who is asked, and how long (session/referee.ts); what a blow adds up to (damage-sum.ts).
 */
import { comboNow } from "./combo.ts";
import { type Blow, deal, dealAsItIs, strike, withModifiers } from "./damage.ts";
import { absorbedShare } from "./damage-sum.ts";
import type { SimEvent } from "./events.ts";
import type { Outcome, Ruling, ShotReceipt, Told } from "./inputs.ts";
import { RULING_MS_MAX, RULINGS_OPEN_MAX } from "./limits.ts";
import type { Fighter, World } from "./world.ts";

export type Receipt = Outcome & { kind: "done" };

export type OpenBlow = { id: number; askedAtMs: number; blow: Blow };

/** One attack whose blows are not all decided. */
export type OpenAttack = {
  /** Null once the attacker has left. */
  by: number | null;
  headshot: boolean;
  /** Health taken from others by those of its blows that are decided. */
  damage: number;
  /** Those that are not. */
  blows: OpenBlow[];
  /** Who waits for the receipt is another process's business after a takeover: neither hashed nor kept. */
  receipt: Receipt | null;
  /** What is to be told of the shot then; neither hashed nor kept, either. */
  shot: ShotReceipt | null;
};

export type Rulings = {
  /** Whether the blows of weapons are given out; else our own sum decides them at once. */
  outside: boolean;
  /** Number of the next blow given out. */
  next: number;
  /** In the order of the attacks. */
  open: OpenAttack[];
};

/** A slot that is never given. */
const NOBODY = -1;

export function noRulings(): Rulings {
  return { outside: false, next: 1, open: [] };
}

/** Deals an attack's blows, or gives them out. What they took from others by now, and what is still to be decided. */
export function dealOrGiveOut(
  world: World,
  by: number | null,
  blows: readonly Blow[],
  events: SimEvent[],
): { damage: number; waits: OpenAttack | null } {
  const waits = giveOut(world, by, blows);
  if (waits) return { damage: 0, waits };
  let damage = 0;
  for (const blow of blows) {
    const { lost } = deal(world, blow, events);
    if (blow.target !== by) damage += lost;
  }
  const fighter = by === null ? null : world.fighters[by];
  if (fighter && damage > 0) creditShot(fighter, isHeadshot(blows));
  return { damage, waits: null };
}

export function isHeadshot(blows: readonly Blow[]): boolean {
  return blows.some(({ part }) => part === "head");
}

/** Null where they are to be dealt at once. */
function giveOut(world: World, by: number | null, blows: readonly Blow[]): OpenAttack | null {
  const { rulings, nowMs } = world;
  if (!rulings.outside || blows.length === 0) return null;
  const open: OpenBlow[] = blows.map((blow) => {
    return { id: rulings.next++, askedAtMs: nowMs, blow: withModifiers(world, blow) };
  });
  const attack = { by, headshot: isHeadshot(blows), damage: 0, blows: open, receipt: null, shot: null };
  rulings.open.push(attack);
  return attack;
}

/** Those whose time is up, and the oldest beyond the cap: no answer is waited for any more. */
export function dueRulings({ rulings, nowMs }: World): Ruling[] {
  if (rulings.open.length === 0) return [];
  const due: Ruling[] = [];
  let excess = rulings.open.length - RULINGS_OPEN_MAX;
  for (const { blows } of rulings.open) {
    for (const { id, askedAtMs } of blows) {
      if (excess > 0 || nowMs - askedAtMs >= RULING_MS_MAX) due.push({ kind: "ruling", id, decided: null });
    }
    excess -= 1;
  }
  return due;
}

/** Deals what was decided, if the match still takes it. The receipt, when this was the last of its attack's blows. */
export function rule(world: World, ruling: Ruling, on: Told & { open: boolean }): Receipt | null {
  const { rulings } = world;
  const attack = rulings.open.find(({ blows }) => blows.some(({ id }) => id === ruling.id));
  if (!attack) return null; // Decided already: its answer came too late.
  const { blow } = attack.blows.find(({ id }) => id === ruling.id)!;
  attack.blows = attack.blows.filter(({ id }) => id !== ruling.id);
  const taken = on.open ? dealt(world, blow, ruling, on.events) : 0;
  if (blow.target !== attack.by) attack.damage += taken;
  if (attack.blows.length > 0) return null;
  rulings.open = rulings.open.filter((other) => other !== attack);
  return closed(world, attack, on);
}

/** The match takes no more: what is open takes nothing. */
export function closeRulings(world: World, told: Told): Receipt[] {
  const { rulings } = world;
  if (rulings.open.length === 0) return [];
  const receipts = rulings.open.map((attack) => closed(world, attack, told));
  rulings.open = [];
  return receipts.filter((receipt) => receipt !== null);
}

/** Who begins another life, or gives the seat up, is not who was struck. */
export function missRulings({ rulings }: World, target: number): void {
  for (const { blows } of rulings.open) {
    for (const open of blows) if (open.blow.target === target) open.blow = { ...open.blow, target: NOBODY };
  }
}

/** Whose seat is given up leaves the blows behind, as nobody's. */
export function disownRulings({ rulings }: World, slot: number): void {
  for (const attack of rulings.open) {
    if (attack.by !== slot) continue;
    attack.by = null;
    for (const open of attack.blows) open.blow = { ...open.blow, by: null };
  }
}

/** What a shot that took health counts for whoever fired it. */
function creditShot(fighter: Fighter, headshot: boolean): void {
  fighter.shotsHit += 1;
  if (headshot) fighter.headshots += 1;
}

function dealt(world: World, blow: Blow, { decided }: Ruling, events: SimEvent[]): number {
  if (decided === null) return dealAsItIs(world, blow, "fallback", events).lost;
  const { by, target, weapon, damageType, part } = blow;
  const struck = { by, target, weapon, damageType, part, headshot: part === "head" };
  const absorbed = absorbedShare(decided.damage, decided.mitigation);
  return strike(world, { ...struck, ...decided, absorbed, decidedBy: "damage_service" }, events).lost;
}

function closed(world: World, { by, damage, headshot, receipt, shot }: OpenAttack, told: Told): Receipt | null {
  const fighter = by === null ? null : world.fighters[by];
  if (fighter && damage > 0) creditShot(fighter, headshot);
  if (shot && by !== null) told.shots.push({ ...shot, hit: { ...shot.hit, damage } });
  if (!receipt?.hit) return null;
  const combo = fighter ? comboNow(fighter, world.nowMs) : 0;
  return { ...receipt, hit: { ...receipt.hit, damage }, combo };
}
