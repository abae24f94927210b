/** Topics: what this service publishes on, as the rest of the game knows it. The key of every record is the session id. */

export type Topic = { readonly name: string; readonly partitions: number };

/** Sessions and actions. */
export const EVENTS_TOPIC = "game.combat.events";
/** Findings of anti-cheat. */
export const VALIDATION_TOPIC = "game.combat.damage.validation";

export const TOPICS: readonly Topic[] = [
  { name: EVENTS_TOPIC, partitions: 24 },
  { name: VALIDATION_TOPIC, partitions: 12 },
];
