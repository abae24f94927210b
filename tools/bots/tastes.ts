/** Tastes: how a bot fights with each weapon. What flies is known by its speed and fall, so that the aim can lift for it. */

export type Taste = {
  readonly weapon: string;
  /** How many of a hundred lives are fought with it. */
  readonly share: number;
  /** Turns on enemies from here, shoots between these two, and walks up to `closeMetres`. */
  readonly reachMetres: number;
  readonly leastMetres: number;
  readonly mostMetres: number;
  readonly closeMetres: number;
  /** Metres per second, and per second and second downwards; null strikes at once. */
  readonly flight: { readonly speed: number; readonly gravity: number } | null;
  /** At the ground before the enemy: a blast needs no body. */
  readonly atFeet: boolean;
  readonly needsRounds: boolean;
};

const GUN = { leastMetres: 0, flight: null, atFeet: false, needsRounds: true } as const;

export const FIRST_TASTE: Taste = gun("assault_rifle", { share: 36, reachMetres: 85, closeMetres: 15 });

export const TASTES: readonly Taste[] = [
  FIRST_TASTE,
  gun("shotgun", { share: 12, reachMetres: 18, closeMetres: 5 }),
  gun("sniper_rifle", { share: 12, reachMetres: 150, closeMetres: 40 }),
  gun("burst_rifle", { share: 9, reachMetres: 85, closeMetres: 18 }),
  gun("smg", { share: 8, reachMetres: 35, closeMetres: 8 }),
  gun("pistol", { share: 4, reachMetres: 40, closeMetres: 12 }),
  {
    ...gun("crossbow", { share: 6, reachMetres: 45, closeMetres: 15 }),
    flight: { speed: 60, gravity: 4.9 },
  },
  {
    ...gun("rocket_launcher", { share: 5, reachMetres: 60, closeMetres: 15 }),
    ...{ leastMetres: 7, flight: { speed: 35, gravity: 0 }, atFeet: true },
  },
  {
    ...gun("grenade_launcher", { share: 4, reachMetres: 40, closeMetres: 15 }),
    ...{ leastMetres: 8, flight: { speed: 24, gravity: 9.81 }, atFeet: true },
  },
  {
    ...gun("katana", { share: 4, reachMetres: 20, closeMetres: 0.5 }),
    ...{ mostMetres: 2.4, needsRounds: false },
  },
];

function gun(weapon: string, of: { share: number; reachMetres: number; closeMetres: number }): Taste {
  return { ...GUN, weapon, ...of, mostMetres: of.reachMetres };
}

/** How much higher to aim, so that what falls on its way comes down at the target. */
export function liftMetres({ flight }: Taste, metres: number): number {
  if (flight === null) return 0;
  const seconds = metres / flight.speed;
  return (flight.gravity * seconds * seconds) / 2;
}
