/**
 * Ledger of the fuzz: what one who only hears events must believe about everybody, and about the score.
 * Law: whatever a match says of itself is told: health and armour by damage, healing and returns, kills, deaths and assists by falls, points by
 *      falls and captures, rounds by their ends. `compare` finds the first figure that is not as it was told.
 * Not a test itself.
 */
import { ARMOUR_MAX } from "#combat/sim/armour.ts";
import { ITEMS, type Item } from "#combat/sim/content/items.ts";
import type { SimEvent } from "#combat/sim/events.ts";
import { MODES } from "#combat/sim/modes/table.ts";
import type { Fighter, World } from "#combat/sim/world.ts";

type Account = {
  health: number;
  armour: number;
  kills: number;
  deaths: number;
  assists: number;
  dealt: number;
  taken: number;
};
type SideAccount = { score: number; roundsWon: number; kills: number };

/** Modes in which each enemy felled is a point, and nothing else is. */
const FALLS_SCORE = new Set(["deathmatch", "team_deathmatch", "elimination"]);
/** In these the clock pays: never more than a point a second and zone. */
const ZONES_PAYING: Readonly<Record<string, number>> = { king_of_the_hill: 1, domination: 3 };

export class Ledger {
  readonly accounts: (Account | null)[] = [];
  readonly sides: SideAccount[] = [];
  private readonly world: World;
  private roundBeganMs = 0;
  /** Falls by cause, and what everybody has of them who ever played. */
  private readonly falls = { byOthers: 0, bySelf: 0, byNobody: 0 };
  private readonly left = { kills: 0, deaths: 0, dealt: 0, taken: 0 };
  /** Health lost to others, and to oneself or nobody. */
  private readonly lost = { toOthers: 0, else: 0 };

  constructor(world: World) {
    this.world = world;
  }

  /** Before a seat is taken: who comes late where nobody comes back within a round is down. */
  handleSeat(slot: number): void {
    const waits = this.world.phase === "live" && !MODES[this.world.rules.mode].respawns;
    const { startingArmour } = this.world.rules.modeRules;
    const life = waits ? { health: 0, armour: 0 } : { health: 10_000, armour: startingArmour };
    this.accounts[slot] = { ...life, kills: 0, deaths: 0, assists: 0, dealt: 0, taken: 0 };
  }

  handleLeave(slot: number): void {
    const account = this.accounts[slot];
    if (!account) return;
    this.left.kills += account.kills;
    this.left.deaths += account.deaths;
    this.left.dealt += account.dealt;
    this.left.taken += account.taken;
    this.accounts[slot] = null;
  }

  handleEvent(event: SimEvent): void {
    switch (event.kind) {
      case "round_started":
        this.roundBeganMs = this.world.nowMs;
        for (const side of this.sides) side.score = 0;
        break;
      case "round_ended":
        if (event.winner !== null) this.side(event.winner).roundsWon += 1;
        break;
      case "respawned":
        Object.assign(this.account(event.slot), { health: 10_000, armour: this.world.rules.modeRules.startingArmour });
        break;
      case "damaged":
        this.handleDamage(event);
        break;
      case "killed":
        this.handleFall(event);
        break;
      case "item_used":
        this.handleItem(event);
        break;
      case "healed":
        this.handleHealing(event);
        break;
      case "objective_changed":
        if (event.objective === "flag" && event.change === "captured") this.side(event.side ?? -1).score += 1;
        break;
    }
  }

  private handleDamage({ by, target, damage, health, absorbed }: Extract<SimEvent, { kind: "damaged" }>): void {
    const account = this.account(target);
    account.health -= damage;
    account.armour -= absorbed;
    account.taken += damage;
    const isOthers = by !== null && by !== target;
    if (isOthers) this.account(by).dealt += damage;
    this.lost[isOthers ? "toOthers" : "else"] += damage;
    if (damage <= 0) fail(`damage of ${damage} is told`);
    if (health !== account.health) fail(`slot ${target} has ${account.health} left, told as ${health}`);
  }

  private handleHealing({ target, amount, health }: Extract<SimEvent, { kind: "healed" }>): void {
    const account = this.account(target);
    if (account.health <= 0) fail(`slot ${target} is down, and healed`);
    if (amount <= 0) fail(`healing of ${amount} is told`);
    account.health += amount;
    if (health !== account.health || health > 10_000) fail(`slot ${target} has ${account.health}, told as ${health}`);
  }

  /** Plates are worn by whoever used one; other items tell what they did. */
  private handleItem({ slot, item }: Extract<SimEvent, { kind: "item_used" }>): void {
    const { does }: Item = ITEMS[item];
    const account = this.account(slot);
    if (does.kind === "armour") account.armour = Math.min(ARMOUR_MAX, account.armour + does.amount);
  }

  private handleFall({ victim, by, assists }: Extract<SimEvent, { kind: "killed" }>): void {
    const account = this.account(victim);
    account.deaths += 1;
    if (account.health !== 0) fail(`slot ${victim} fell with ${account.health} left`);
    for (const slot of assists) this.account(slot).assists += 1;
    this.falls[by === null ? "byNobody" : by === victim ? "bySelf" : "byOthers"] += 1;
    if (by === null || by === victim) return;
    this.account(by).kills += 1;
    const side = this.fighter(by).side;
    if (side === this.fighter(victim).side) return;
    this.side(side).kills += 1;
    if (FALLS_SCORE.has(this.world.rules.mode)) this.side(side).score += 1;
  }

  /** Throws at the first figure of the world that is not as it was told. */
  compare(): void {
    const { world } = this;
    for (let slot = 0; slot < world.fighters.length; slot++) this.compareFighter(slot, world.fighters[slot] ?? null);
    this.compareTotals();
    const pays = ZONES_PAYING[world.rules.mode];
    let points = 0;
    for (const [side, { score, roundsWon, kills }] of world.sides.entries()) {
      const told = this.side(side);
      if (kills !== told.kills || roundsWon !== told.roundsWon)
        fail(`side ${side}: ${kills} kills, ${roundsWon} rounds`);
      if (pays === undefined && score !== told.score) fail(`side ${side} has ${score} points, told ${told.score}`);
      points += score;
    }
    if (pays === undefined || world.phase === "warmup") return;
    const ms = world.nowMs - this.roundBeganMs + 1_000 / world.rules.tickRateHz;
    if (points > (pays * ms) / 1_000) fail(`${points} points in ${ms} ms of the round`);
  }

  private compareFighter(slot: number, fighter: Fighter | null): void {
    const told = this.accounts[slot] ?? null;
    if (fighter === null || told === null) {
      if (fighter !== told) fail(`slot ${slot}: a fighter without a seat, or a seat without one`);
      return;
    }
    const same =
      fighter.health === told.health &&
      fighter.armour.amount === told.armour &&
      fighter.kills === told.kills &&
      fighter.deaths === told.deaths &&
      fighter.assists === told.assists &&
      fighter.damageDealt === told.dealt &&
      fighter.damageTaken === told.taken;
    if (!same) fail(`slot ${slot} is ${JSON.stringify(fighter)}, told ${JSON.stringify(told)}`);
  }

  /** Over all who ever played: damage dealt is health lost to others, and each kill is one of their falls. */
  private compareTotals(): void {
    let { kills, deaths, dealt, taken } = this.left;
    for (const fighter of this.world.fighters) {
      if (!fighter) continue;
      kills += fighter.kills;
      deaths += fighter.deaths;
      dealt += fighter.damageDealt;
      taken += fighter.damageTaken;
    }
    const { byOthers, bySelf, byNobody } = this.falls;
    if (kills !== byOthers) fail(`${kills} kills, ${byOthers} falls by others`);
    if (deaths !== byOthers + bySelf + byNobody) fail(`${deaths} deaths, ${byOthers} + ${bySelf} + ${byNobody} falls`);
    if (dealt !== this.lost.toOthers) fail(`${dealt} dealt, ${this.lost.toOthers} lost to others`);
    if (taken !== this.lost.toOthers + this.lost.else) fail(`${taken} taken, not what was lost`);
  }

  private account(slot: number): Account {
    return this.accounts[slot] ?? fail(`told of slot ${slot}, where nobody sits`);
  }

  private fighter(slot: number): Fighter {
    return this.world.fighters[slot] ?? fail(`told of slot ${slot}, where nobody stands`);
  }

  private side(side: number): SideAccount {
    while (this.sides.length <= side) this.sides.push({ score: 0, roundsWon: 0, kills: 0 });
    return this.sides[side] ?? fail(`told of side ${side}`);
  }
}

export function fail(why: string): never {
  throw new Error(why);
}
