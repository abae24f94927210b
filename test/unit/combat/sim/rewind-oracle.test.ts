/**
 * A brute-force oracle of lag compensation: for each shot of a recorded match it plays the recording again from the start,
 * up to that shot, writes down every pose that was taken on the way, and marches along the shot in small steps through
 * the bodies and walls of the time it is judged at. It shares the rules with the simulation, and no line of what it checks:
 * no history, no rewinding, no geometry.
 * Law under test: a shot strikes what stood on its way at the time its client was shown, as far back as is allowed.
 * Where the oracle itself cannot tell within MARGIN_CM, the shot is left out; how many were told is checked.
 */
import { expect, test } from "vitest";
import { MAPS, WEAPONS } from "#combat/sim/content.ts";
import type { Action, Hit, Move, StepInput } from "#combat/sim/inputs.ts";
import { applyMove } from "#combat/sim/movement.ts";
import type { RecordedEntry, Recording } from "#combat/sim/record.ts";
import { decide, step } from "#combat/sim/step.ts";
import { createWorld, type Fighter, type Point, type World } from "#combat/sim/world.ts";
import { createRng, nextBelow } from "#kit/rng.ts";
import { recordPlay } from "../../../../bench/play.ts";

const SEED = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 20));
const TICKS = 600;
const STEP_CM = 2;
const MARGIN_CM = 1;
/** Nobody is shot at from farther away; what is struck beyond counts as nothing. */
const FAR_CM = 5_000;
const EYES_CM = { stand: 160, crouch: 100 } as const;
const HEIGHT_CM = { stand: 180, crouch: 120 } as const;
const RADIUS_CM = 35;

type Taken = { slot: number; atMs: number; position: Point; stance: "stand" | "crouch"; begins: boolean };

/** A recording played again, with every pose written down as it was taken. */
class Again {
  readonly world: World;
  readonly taken: Taken[] = [];

  constructor({ rules, mapId, seed }: Recording) {
    this.world = createWorld({ rules, map: MAPS[mapId]!, seed });
  }

  play(entries: readonly RecordedEntry[]): void {
    for (const entry of entries) {
      if (typeof entry === "number") for (let idle = 0; idle < entry; idle++) this.step([]);
      else if ("length" in entry) this.step(entry);
      else if ("kind" in entry) this.noteLives(decide(this.world, entry));
      else this.move(entry);
    }
  }

  step(inputs: readonly StepInput[]): void {
    this.noteLives(step(this.world, inputs).events);
    for (const fighter of this.world.fighters) if (fighter) this.noteLeap(fighter, this.world.nowMs);
  }

  private move(move: Move): void {
    if (applyMove(this.world, move).ok) return this.note(move.slot, Math.floor(move.atMs), false);
    const fighter = this.world.fighters[move.slot];
    if (fighter) this.noteLeap(fighter, Math.floor(move.atMs)); // Set back.
  }

  /** Who stands elsewhere and did not walk there: nothing is shown of the way. */
  private noteLeap({ slot, position }: Fighter, atMs: number): void {
    const last = this.taken.findLast((pose) => pose.slot === slot);
    if (last && last.position !== position) this.note(slot, atMs, true);
  }

  private noteLives(events: readonly { kind: string; slot?: number | null }[]): void {
    for (const { kind, slot } of events) if (kind === "respawned") this.note(slot!, this.world.nowMs, true);
  }

  private note(slot: number, atMs: number, begins: boolean): void {
    const { position, stance } = this.world.fighters[slot]!;
    this.taken.push({ slot, atMs, position, stance, begins });
  }

  /** Nothing is judged across its beginning: a return, or a leap. */
  lifeOf(slot: number): Taken[] {
    const all = this.taken.filter((pose) => pose.slot === slot);
    return all.slice(all.findLastIndex(({ begins }) => begins));
  }

  /** Where somebody was shown: on the line between two poses of one life, still for long silences. */
  shownAt(slot: number, atMs: number): Omit<Taken, "begins" | "atMs" | "slot"> {
    const life = this.lifeOf(slot);
    const from = life.findLast((pose) => pose.atMs <= atMs) ?? life[0]!;
    const to = life.find((pose) => pose.atMs > atMs) ?? from;
    const startMs = Math.max(from.atMs, to.atMs - 150);
    const share = to.atMs > startMs ? Math.max(0, atMs - startMs) / (to.atMs - startMs) : 0;
    const between = (axis: keyof Point) => from.position[axis] + (to.position[axis] - from.position[axis]) * share;
    return { position: { x: between("x"), y: between("y"), z: between("z") }, stance: from.stance };
  }
}

/**
 * By the rule, written down again: what was shown, as far as it fits what was measured; at most 250 ms before the shot was
 * fired, which was half a round trip ago, at most 125 ms.
 */
function judgedAt({ atMs, claimedMs, rttMs }: Action): number {
  const claimed = claimedMs === null ? null : Math.max(0, atMs - claimedMs);
  const fits = claimed !== null && (rttMs === null || Math.abs(claimed - rttMs) <= 200);
  const back = fits ? claimed : (rttMs ?? 0);
  const way = Math.min(125, Math.floor((rttMs ?? 0) / 2));
  return Math.max(0, atMs - Math.min(way + 250, Math.round(back)));
}

type Found = { readonly struck: Hit["struck"]; target: number | null; distanceCm: number };

const NOTHING: Found = { struck: "nothing", target: null, distanceCm: FAR_CM };

/** The first thing on the way, bodies and walls as much thicker as said. */
function march(again: Again, action: Action, thickerCm: number): Found {
  const { world } = again;
  if (action.do.type !== "attack" || action.do.aim.kind !== "direction") throw new Error("a shot has a direction");
  const { direction } = action.do.aim;
  const length = Math.hypot(direction.x, direction.y, direction.z);
  const life = again.lifeOf(action.slot);
  const told = life.findLast((pose) => pose.atMs <= action.atMs) ?? life[0]!;
  const from = { ...told.position, z: told.position.z + EYES_CM[told.stance] };
  const bodies = world.fighters.flatMap((fighter) => {
    if (!fighter?.alive || fighter.slot === action.slot) return [];
    return [{ slot: fighter.slot, ...again.shownAt(fighter.slot, judgedAt(action)) }];
  });
  for (let distance = 0; distance <= FAR_CM; distance += STEP_CM) {
    const part = distance / length;
    const at = { x: from.x + direction.x * part, y: from.y + direction.y * part, z: from.z + direction.z * part };
    for (const { min, max } of world.map.walls) {
      if (at.z < min.z - thickerCm || at.z > max.z + thickerCm) continue;
      const isAlong = at.x >= min.x - thickerCm && at.x <= max.x + thickerCm;
      if (isAlong && at.y >= min.y - thickerCm && at.y <= max.y + thickerCm)
        return { struck: "wall", target: null, distanceCm: distance };
    }
    for (const { slot, position, stance } of bodies) {
      const low = position.z + RADIUS_CM;
      const high = position.z + HEIGHT_CM[stance] - RADIUS_CM;
      const height = at.z - Math.min(high, Math.max(low, at.z));
      const off = Math.hypot(at.x - position.x, at.y - position.y, height);
      if (off <= RADIUS_CM + thickerCm) return { struck: "player", target: slot, distanceCm: distance };
    }
  }
  return NOTHING;
}

test(`shots strike what an oracle finds that plays the match again up to each (FUZZ_SEED=${SEED})`, () => {
  const rng = createRng(SEED);
  const recording = recordPlay({ mode: "deathmatch", players: 12, seed: SEED }, TICKS);
  const entries = recording.entries.map((entry) => withAnyTimes(entry));
  const live = new Again(recording);
  const told = { player: 0, wall: 0, nothing: 0, in_flight: 0 };
  for (const [at, entry] of entries.entries()) {
    if (typeof entry !== "object" || !("length" in entry)) {
      live.play([entry]);
      continue;
    }
    const { outcomes } = step(live.world, entry);
    for (const [index, outcome] of outcomes.entries()) {
      const action = entry[index] as Action;
      if (outcome.kind !== "done" || outcome.hit === null) continue;
      const again = new Again(recording);
      again.play(entries.slice(0, at));
      again.step(entry.slice(0, index)); // Who fell by an earlier shot of the tick is no target.
      const { pellets, flight, swing } = WEAPONS[again.world.fighters[action.slot]!.weapon];
      if (pellets.length > 1 || flight || swing) continue; // One ray, at once.
      const [thin, thick] = [march(again, action, -MARGIN_CM), march(again, action, MARGIN_CM)];
      if (thin.struck !== thick.struck || thin.target !== thick.target) continue;
      const { struck, target, distanceCm } = outcome.hit.distanceCm > FAR_CM ? NOTHING : outcome.hit;
      expect({ struck, target }, `tick ${live.world.tick}, input ${index}`).toEqual({
        struck: thin.struck,
        target: thin.target,
      });
      if (struck !== "nothing") {
        expect(distanceCm).toBeGreaterThanOrEqual(thick.distanceCm - STEP_CM);
        expect(distanceCm).toBeLessThanOrEqual(thin.distanceCm + STEP_CM);
      }
      told[struck] += 1;
    }
  }
  expect(told.player).toBeGreaterThan(10);
  expect(told.wall).toBeGreaterThan(10);
  expect(told.nothing + told.wall + told.player).toBeGreaterThan(100);

  /** Moves between ticks; claims of any age, fitting the measurement or not, and some shots that say nothing. */
  function withAnyTimes(entry: RecordedEntry): RecordedEntry {
    if (typeof entry === "number" || "kind" in entry) return entry;
    if (!("length" in entry)) return { ...entry, atMs: entry.atMs + 8 + 2 * entry.slot };
    return entry.map((input) => {
      if (input.kind !== "action") return input;
      const rttMs = nextBelow(rng, 8) === 0 ? null : nextBelow(rng, 300);
      const claimedMs = nextBelow(rng, 8) === 0 ? null : Math.max(0, input.atMs - nextBelow(rng, 450));
      return { ...input, rttMs, claimedMs, atMs: input.atMs + nextBelow(rng, 30) };
    });
  }
});
