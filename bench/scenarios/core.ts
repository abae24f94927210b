/**
 * Core: what the simulation costs, without a service around it. Matches of average action (play.ts) are recorded, and
 * played again: so all that is measured is moves and ticks. Then what a tick allocates, by the collector's own figures;
 * what is left on the heap over an hour of one match; and 500 matches stepped in turn on one core, worlds alone and whole
 * sessions.
 * Law: all code is warm before it is measured. A tick's time is processor time of all threads, and everything: its moves,
 * its inputs, the collecting of its garbage.
 */
import { serialize } from "node:v8";
import { applyMove } from "#combat/sim/movement.ts";
import { type Recording, replay } from "#combat/sim/record.ts";
import { decide, step } from "#combat/sim/step.ts";
import { PLAYED_MODES, type PlayedMode } from "#combat/sim/world.ts";
import { sessions, worlds } from "../crowds.ts";
import { startCpu } from "../measure/cpu.ts";
import { median, rounded, slope } from "../measure/figures.ts";
import { heapLeft, startAllocation } from "../measure/heap.ts";
import { beginningOf, Play, recordPlay, TICK_RATE_HZ, worldFor } from "../play.ts";
import type { LoneContext, Report } from "../scenario.ts";

const SIZES = [10, 20, 50] as const;
const USUAL_SIZE = 20;
const TICKS = 60 * TICK_RATE_HZ;
const SESSIONS = 500;
const HOUR_MINUTES = 60;
/** Compiled code moves the heap by about 200 kB an hour, less and less; one small object kept a tick would be 1.7 MB. */
const GROWTH_BYTES_MAX = 1_000_000;
/** A world of 20 is about 75 kB and a little more or less with what lies on players; a list that grew by the second is 30 kB. */
const WORLD_GROWTH_BYTES_MAX = 10_000;

type Cost = {
  readonly mode: PlayedMode;
  readonly players: number;
  readonly moves: number;
  readonly actions: number;
  /** Microseconds of one, run by run. */
  readonly tickUs: readonly number[];
  readonly moveUs: readonly number[];
  readonly actionUs: readonly number[];
  readonly bytes: number;
};

type Point = readonly [minute: number, value: number];
type Hour = { readonly mode: PlayedMode; readonly heap: readonly Point[]; readonly world: readonly Point[] };

const CROWDS = ["worlds alone", "whole sessions"] as const;
type Share = { readonly crowd: (typeof CROWDS)[number]; readonly percent: number; readonly tickUs: number };

export async function core(context: LoneContext): Promise<Report> {
  const { quick, say } = context;
  const costs: Cost[] = [];
  for (const mode of PLAYED_MODES) {
    for (const players of SIZES) costs.push(costOf({ mode, players }, context));
    say(`${mode}: ${costs.slice(-SIZES.length).map(wordsOf).join(", ")}`);
  }
  const { mode } = dearest(costs, USUAL_SIZE);
  const hour = hourOf(mode, context);
  say(`an hour of ${mode}: ${rounded(growthOf(hour.heap))} bytes an hour`);
  const shares: Share[] = [];
  for (let run = 0; run < (quick ? 1 : 3); run++) {
    for (const crowd of CROWDS) shares.push(shareOf(crowd, { mode, quick }));
    say(
      `${SESSIONS} at once: ${shares
        .slice(-2)
        .map(({ crowd, percent }) => `${crowd} ${rounded(percent)} %`)
        .join(", ")}`,
    );
  }
  return reportOf({ costs, hour, shares }, context);
}

const wordsOf = ({ players, tickUs }: Cost) => `${players} players ${rounded(median(tickUs))} µs`;

function dearest(costs: readonly Cost[], players: number): Cost {
  const those = costs.filter((cost) => cost.players === players);
  return those.reduce((most, cost) => (median(cost.tickUs) > median(most.tickUs) ? cost : most));
}

/** How long each figure is measured for, each run. */
function msOf(quick: boolean): number {
  return quick ? 60 : 500;
}

function costOf({ mode, players }: { mode: PlayedMode; players: number }, { seed, quick }: LoneContext): Cost {
  const recording = recordPlay({ mode, players, seed }, TICKS);
  const { moves, actions } = countsOf(recording);
  const measured = { recording, ms: msOf(quick) };
  runsOf(measured); // Warms up.
  const runs = Array.from({ length: quick ? 1 : 5 }, () => runsOf(measured));
  const ended = startAllocation();
  const times = 3;
  for (let time = 0; time < times; time++) replay(recording);
  const bytes = ended() / (times * recording.ticks);
  return {
    mode,
    players,
    moves,
    actions,
    tickUs: runs.map(({ tickUs }) => tickUs),
    moveUs: runs.map(({ moveUs }) => moveUs),
    actionUs: runs.map(({ actionUs }) => actionUs),
    bytes,
  };
}

/** Of one tick, on average. */
function countsOf({ entries, ticks }: Recording): { moves: number; actions: number } {
  const counts = { moves: 0, actions: 0 };
  for (const entry of entries) {
    if (typeof entry === "number") continue;
    if ("length" in entry) counts.actions += entry.length;
    else if (!("kind" in entry)) counts.moves += 1;
  }
  return { moves: counts.moves / ticks, actions: counts.actions / ticks };
}

/** A recording again and again: whole ticks first; then moves and ticks apart, which the clock itself slows. */
function runsOf({ recording, ms }: { recording: Recording; ms: number }) {
  const { moves, actions } = countsOf(recording);
  const tickUs = usOf(ms, () => replay(recording).tick);
  let stepMs = 0;
  let moveMs = 0;
  let ticks = 0;
  for (const fromMs = performance.now(); performance.now() - fromMs < ms; ) {
    const apart = apartOf(recording);
    stepMs += apart.stepMs;
    moveMs += apart.moveMs;
    ticks += recording.ticks;
  }
  const idle = replay(recording);
  const idleUs = usOf(ms / 4, () => {
    for (let tick = 0; tick < 1_000; tick++) step(idle, []);
    return 1_000;
  });
  const actionUs = Math.max(0, (stepMs * 1000) / ticks - idleUs) / actions;
  return { tickUs, moveUs: (moveMs * 1000) / ticks / moves, actionUs };
}

/** Microseconds of processor time of one, done for so long; `work` says how many it did. */
function usOf(ms: number, work: () => number): number {
  const fromMs = performance.now();
  const ended = startCpu();
  let done = 0;
  while (performance.now() - fromMs < ms) done += work();
  const { cores, seconds } = ended();
  return (cores * seconds * 1e6) / done;
}

function apartOf({ rules, mapId, seed, entries }: Recording): { moveMs: number; stepMs: number } {
  const world = worldFor({ mode: rules.mode, players: 0, seed });
  if (world.map.id !== mapId) throw new Error("a recording is played on its map");
  let moveMs = 0;
  let stepMs = 0;
  let atMs = performance.now();
  for (const entry of entries) {
    if (typeof entry === "object" && !("length" in entry)) {
      if ("kind" in entry) decide(world, entry);
      else applyMove(world, entry);
      continue;
    }
    const movedMs = performance.now();
    if (typeof entry === "number") for (let idle = 0; idle < entry; idle++) step(world, []);
    else step(world, entry);
    moveMs += movedMs - atMs;
    atMs = performance.now();
    stepMs += atMs - movedMs;
  }
  return { moveMs, stepMs };
}

/** One match for an hour, looked at once a minute when its garbage is gone. */
function hourOf(mode: PlayedMode, { seed, quick }: LoneContext): Hour {
  const settings = { mode, players: USUAL_SIZE, seed };
  const world = worldFor(settings);
  const play = new Play(world, settings);
  for (const order of beginningOf(settings)) decide(world, order);
  const heap: Point[] = [];
  const size: Point[] = [];
  for (let minute = 1; minute <= (quick ? 4 : HOUR_MINUTES); minute++) {
    for (let tick = 0; tick < 60 * TICK_RATE_HZ; tick++) {
      for (const move of play.moves()) applyMove(world, move);
      step(world, play.actions());
    }
    heap.push([minute, heapLeft()]);
    size.push([minute, serialize(world).length]);
  }
  return { mode, heap, world: size };
}

/** Bytes an hour, by the line through all but the first sixth, in which code is still compiled. */
function growthOf(points: readonly Point[]): number {
  return slope(points.slice(Math.floor(points.length / 6))) * HOUR_MINUTES;
}

function shareOf(crowd: Share["crowd"], { mode, quick }: { mode: PlayedMode; quick: boolean }): Share {
  const [warm, ticks] = quick ? [10, 30] : [60, 240];
  const kinds = () =>
    Array.from({ length: 10 }, (_, seed) => recordPlay({ mode, players: USUAL_SIZE, seed }, warm + ticks));
  const matches =
    crowd === "worlds alone"
      ? worlds(kinds(), SESSIONS)
      : sessions({ players: USUAL_SIZE, count: SESSIONS, ticks: warm + ticks });
  for (let tick = 0; tick < warm; tick++) matches.tick();
  const ended = startCpu();
  for (let tick = 0; tick < ticks; tick++) matches.tick();
  const { cores, seconds } = ended();
  const tickUs = (cores * seconds * 1e6) / ticks / SESSIONS;
  return { crowd, tickUs, percent: (tickUs * SESSIONS * TICK_RATE_HZ) / 1e4 };
}

type Results = { costs: readonly Cost[]; hour: Hour; shares: readonly Share[] };

function reportOf({ costs, hour, shares }: Results, { seed, quick }: LoneContext): Report {
  const of = (players: number) => dearest(costs, players);
  const usual = of(USUAL_SIZE);
  const percents = (crowd: Share["crowd"]) => shares.filter((one) => one.crowd === crowd).map(({ percent }) => percent);
  return {
    seed,
    about: `Average action: a move of each player 30 times a second, about ${rounded(usual.actions * TICK_RATE_HZ)} shots and other actions a second among ${USUAL_SIZE}; a minute of it, played again for ${msOf(quick)} ms a run. Ticks are at ${TICK_RATE_HZ} Hz and include their moves. "Dearest" is the mode that costs most at that size.`,
    figures: [
      ...SIZES.map((players) => ({
        name: `a tick of ${players} players, dearest mode (${of(players).mode})`,
        unit: "µs",
        values: of(players).tickUs,
        better: "less" as const,
        ...(players === USUAL_SIZE && { aim: 10 }),
      })),
      { name: `a move, ${USUAL_SIZE} players`, unit: "µs", values: usual.moveUs, better: "less" },
      { name: `an action, ${USUAL_SIZE} players`, unit: "µs", values: usual.actionUs, better: "less" },
      { name: `allocated in a tick of ${USUAL_SIZE} players`, unit: "bytes", values: [usual.bytes], better: "less" },
      {
        name: `growth of the heap, an hour of ${hour.mode}`,
        unit: "bytes/h",
        values: [growthOf(hour.heap)],
        better: "less",
        aim: GROWTH_BYTES_MAX,
      },
      {
        name: `growth of the world itself, the same hour`,
        unit: "bytes/h",
        values: [growthOf(hour.world)],
        better: "less",
        aim: WORLD_GROWTH_BYTES_MAX,
      },
      ...CROWDS.map((crowd) => ({
        name: `${SESSIONS} matches of ${USUAL_SIZE} at ${TICK_RATE_HZ} Hz, ${crowd}`,
        unit: "% of a core",
        values: percents(crowd),
        better: "less" as const,
        aim: 100,
      })),
    ],
    tables: [
      {
        title: "One tick by mode and size, medians",
        columns: ["mode", "players", "moves", "actions", "tick µs", "move µs", "action µs", "allocated bytes"],
        rows: costs.map((cost) => [
          cost.mode,
          cost.players,
          rounded(cost.moves),
          rounded(cost.actions),
          ...[cost.tickUs, cost.moveUs, cost.actionUs].map((values) => rounded(median(values))),
          Math.round(cost.bytes),
        ]),
      },
      {
        title: `${SESSIONS} matches in turn, medians`,
        columns: ["matches", "µs a tick each", "% of a core"],
        rows: CROWDS.map((crowd) => [
          crowd,
          rounded(median(shares.filter((one) => one.crowd === crowd).map(({ tickUs }) => tickUs))),
          rounded(median(percents(crowd))),
        ]),
      },
    ],
    plots: [
      {
        name: "tick",
        title: "One tick, by players",
        x: { label: "players", scale: "linear" },
        y: { label: "µs", scale: "linear" },
        lines: [{ label: `aim 10 µs at ${USUAL_SIZE} players`, y: 10 }],
        series: PLAYED_MODES.map((mode) => ({
          name: mode,
          points: costs.filter((cost) => cost.mode === mode).map((cost) => [cost.players, median(cost.tickUs)]),
        })),
      },
      {
        name: "hour",
        title: `What is left on the heap, an hour of ${hour.mode}`,
        x: { label: "minutes of the match", scale: "linear" },
        y: { label: "bytes", scale: "linear" },
        series: [{ name: "heap", points: hour.heap }],
      },
    ],
    measured: [
      {
        name: "runs",
        columns: ["mode", "players", "run", "tick_us", "move_us", "action_us"],
        rows: costs.flatMap(({ mode, players, ...cost }) =>
          cost.tickUs.map((us, run) => {
            return [mode, players, run + 1, rounded(us), rounded(cost.moveUs[run]!), rounded(cost.actionUs[run]!)];
          }),
        ),
      },
      {
        name: "crowds",
        columns: ["matches", "percent_of_core", "tick_us"],
        rows: shares.map(({ crowd, percent, tickUs }) => [crowd, rounded(percent), rounded(tickUs)]),
      },
      {
        name: "hour",
        columns: ["minute", "heap_bytes", "world_bytes"],
        rows: hour.heap.map(([minute, bytes], at) => [minute, bytes, hour.world[at]![1]]),
      },
    ],
    notes: [
      `Whole sessions are team deathmatches on the first map, with moves and actions by seat, events, outcomes and two frames a tick; encoding and sockets are not in it.`,
      "A move and an action are timed apart, and a clock is read for each tick: their sum is above the whole.",
    ],
  };
}
