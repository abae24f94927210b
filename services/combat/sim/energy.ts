/**
 * Energy: what abilities cost, and what comes back by itself.
 * Law: 0 to ENERGY_MAX, whole hundredths. It is reckoned when asked for, from what it was and when: no tick changes it, and a
 *      pause keeps it, since match time stands still.
 */

/** Hundredths of a point. */
export const ENERGY_MAX = 10_000;

/** Five points a second: an empty fighter is full again after 20. */
export const ENERGY_PER_SECOND = 500;

export type Energy = {
  /** What it was ... */
  amount: number;
  /** ... at this match time. */
  atMs: number;
};

export function fullEnergy(nowMs: number): Energy {
  return { amount: ENERGY_MAX, atMs: nowMs };
}

export function energyAt({ amount, atMs }: Energy, nowMs: number): number {
  return Math.min(ENERGY_MAX, amount + Math.floor(((nowMs - atMs) * ENERGY_PER_SECOND) / 1000));
}

/** By so much more, or less: never beyond its bounds. */
export function changeEnergy(energy: Energy, by: number, nowMs: number): void {
  energy.amount = Math.min(ENERGY_MAX, Math.max(0, energyAt(energy, nowMs) + by));
  energy.atMs = nowMs;
}
