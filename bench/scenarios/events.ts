/**
 * Kafka events: how many events a second reach Kafka, acknowledged by all replicas in sync, and go on doing so.
 * Three ways, each found by steps and then held: the sink alone with records made beforehand; publisher, encoding and
 * sink; the whole way from blows in sessions over the real journal to Kafka, in one process.
 * Law: a rate counts when what waits did not grow over the whole hold. Sessions must get their ticks meanwhile.
 */
import { setTimeout as pause } from "node:timers/promises";
import { Publisher } from "#combat/events/publisher.ts";
import { eventEncoder } from "#combat/rpc/encode-event.ts";
import type { SessionEvent } from "#combat/session/session-events.ts";
import type { EventSink, OutgoingEvent } from "#combat/stores/event-sink.ts";
import { openKafkaEventSink } from "#combat/stores/event-sink-kafka.ts";
import { createRedisLiveStore } from "#combat/stores/live-store-redis.ts";
import { createRng } from "#kit/rng.ts";
import { closeRedis, openRedis } from "#ops/redis.ts";
import { loudLog, openHosting } from "../hosting.ts";
import { createUuid } from "../ids.ts";
import { rounded } from "../measure/figures.ts";
import { OpenLoop } from "../measure/open-loop.ts";
import { findSustained, type Load, type Search, type Step } from "../measure/sustained.ts";
import type { Context, Plot, Report } from "../scenario.ts";

const FLOOR = 5_000;
const AIM = 50_000;
const KEYS = 500;
const RECORDS = 50_000;
const BATCH = 1_000; // As the publisher gives them.
const CALLS_AT_ONCE = 4;
const WAITING_MAX = 200_000;

type Way = { readonly name: string; readonly steps: readonly Step[]; readonly held: Step };

export async function events(context: Context): Promise<Report> {
  const { servers, seed } = context;
  const sink = await openKafkaEventSink({
    brokers: servers.brokers,
    clientId: "bench",
    log: loudLog,
    topicPrefix: servers.topicPrefix,
  });
  await warmUp(sink, seed);
  const ways: Way[] = [];
  for (const [name, measure] of [
    ["sink alone", sinkAlone],
    ["publisher and sink", publisherAndSink],
    ["whole way", wholeWay],
  ] as const) {
    context.say(name);
    ways.push({ name, ...(await measure(sink, context)) });
  }
  await sink.close();
  return reportOf(ways, context);
}

/** Connections, topics and compiled code are there before anything is measured. */
async function warmUp(sink: EventSink, seed: number): Promise<void> {
  const encode = eventEncoder("protobuf");
  const events = eventsOf(seed, 20_000).map(encode);
  for (let from = 0; from < events.length; from += BATCH) await sink.publish(events.slice(from, from + BATCH));
}

function searchOf({ quick, say }: Context, first: number): Search {
  const step = quick ? { settle: 0.3, measure: 0.7 } : { settle: 0.7, measure: 2 };
  const hold = quick ? { settle: 0.3, measure: 2 } : { settle: 1, measure: 20 };
  return { first, highest: 400_000, step, hold, holdsMax: quick ? 1 : 3, say };
}

async function sinkAlone(sink: EventSink, context: Context) {
  const encode = eventEncoder("protobuf");
  const records = eventsOf(context.seed, RECORDS).map(encode);
  let taken = 0;
  let finished = 0;
  let inFlight = 0;
  let calls = 0;
  let failure: unknown = null;
  const send = () => {
    // What waits for longer is sent in larger calls, as the publisher does; a rest below it goes when nothing is under way.
    while (taken - finished - inFlight > 0 && calls < CALLS_AT_ONCE) {
      const count = Math.min(BATCH, taken - finished - inFlight);
      if (count < BATCH && calls > 0) return;
      const from = (finished + inFlight) % (RECORDS - BATCH);
      calls += 1;
      inFlight += count;
      sink.publish(records.slice(from, from + count) as OutgoingEvent[]).then(
        () => {
          finished += count;
          inFlight -= count;
          calls -= 1;
          send();
        },
        (error: unknown) => {
          failure = error;
        },
      );
    }
  };
  const loop = new OpenLoop((count) => {
    taken += Math.min(count, WAITING_MAX - (taken - finished));
    send();
  });
  const load: Load = {
    setRate: (rate) => loop.setRate(rate),
    counts: () => ({ taken, finished }),
    trouble: () => (failure === null ? null : String(failure)),
  };
  try {
    return await findSustained(load, searchOf(context, 20_000));
  } finally {
    loop.stop();
  }
}

async function publisherAndSink(sink: EventSink, context: Context) {
  const publisher = new Publisher({ sink, encode: eventEncoder("protobuf"), readBack: null, log: loudLog });
  const templates = eventsOf(context.seed, KEYS);
  for (const { sessionId } of templates) publisher.begin(sessionId, 0);
  const seqs = new Array<number>(KEYS).fill(0);
  let taken = 0;
  const loop = new OpenLoop((count) => {
    const some = Math.min(count, WAITING_MAX - (taken - publisher.counts.published));
    const events: SessionEvent[] = [];
    for (let made = 0; made < some; made++, taken++) {
      const key = taken % KEYS;
      seqs[key]! += 1;
      events.push({ ...templates[key]!, seq: seqs[key]!, atUnixMs: Date.now() });
    }
    publisher.handleAccepted(events);
  });
  const load: Load = {
    setRate: (rate) => loop.setRate(rate),
    counts: () => ({ taken, finished: publisher.counts.published }),
    trouble: () => (publisher.counts.failures + publisher.counts.lost > 0 ? "the sink refused events" : null),
  };
  try {
    return await findSustained(load, searchOf(context, 20_000));
  } finally {
    loop.stop();
    await publisher.close();
  }
}

/** Ticks that may be missed; more and the load was too much, whatever was published. */
const TICKS_LEAST = 0.98;
const SESSIONS = 100;
const TICK_RATE_HZ = 30;

async function wholeWay(sink: EventSink, context: Context) {
  const { servers, seed } = context;
  const redis = await openRedis({ url: servers.redisUrl, name: "bench", log: loudLog });
  const live = createRedisLiveStore({ redis, log: loudLog });
  const { databaseUrl } = servers;
  const hosting = await openHosting({
    databaseUrl,
    live,
    sink,
    seed,
    sessions: SESSIONS,
    players: 20,
    tickRateHz: TICK_RATE_HZ,
  });
  const { publisher, host } = hosting;
  // The rate asked for is of blows; what is taken are all events, falls and returns too.
  let ticksAt = { ticks: hosting.ticks(), ms: performance.now() };
  let failuresAt = 0;
  const load: Load = {
    setRate: (rate) => hosting.setRate(rate),
    counts: () => {
      const { published } = publisher.counts;
      return { taken: published + publisher.lag, finished: published };
    },
    trouble: () => {
      const now = { ticks: hosting.ticks(), ms: performance.now() };
      const share = (now.ticks - ticksAt.ticks) / (((now.ms - ticksAt.ms) / 1000) * TICK_RATE_HZ * SESSIONS);
      const failures = publisher.counts.failures + publisher.counts.lost + host.keeper.degradedCount;
      const isFailing = failures > failuresAt;
      ticksAt = now;
      failuresAt = publisher.counts.failures + publisher.counts.lost;
      if (isFailing) return "a store was away or late";
      return share < TICKS_LEAST ? `sessions had ${Math.round(share * 100)} % of their ticks` : null;
    },
  };
  try {
    await pause(1000); // Started sessions have written themselves whole.
    return await findSustained(load, searchOf(context, FLOOR));
  } finally {
    await hosting.close();
    await live.close();
    await closeRedis(redis);
  }
}

function eventsOf(seed: number, count: number): SessionEvent[] {
  const rng = createRng(seed);
  const sessions = Array.from({ length: KEYS }, () => createUuid(rng));
  const [attackerId, targetId] = [createUuid(rng), createUuid(rng)];
  return Array.from({ length: count }, (_, index) => ({
    sessionId: sessions[index % KEYS]!,
    epoch: 1,
    seq: Math.floor(index / KEYS) + 1,
    tick: index,
    atUnixMs: Date.now(),
    body: {
      kind: "damage_dealt" as const,
      attackerId,
      targetId,
      damage: 2_550,
      health: 7_450,
      weapon: "assault_rifle",
      damageType: "bullet" as const,
      headshot: index % 8 === 0,
    },
  }));
}

function reportOf(ways: readonly Way[], { seed, quick }: Context): Report {
  const goal = { floor: FLOOR, aim: AIM };
  const whole = ways.at(-1)!;
  return {
    seed,
    about: `Records of 24 partitions, keyed by ${KEYS} sessions (whole way: ${SESSIONS} sessions of 20 players at ${TICK_RATE_HZ} Hz, journal in Redis). Rates are doubled, then halved in, then the highest is held for ${quick ? 2 : 20} s.`,
    figures: ways.map(({ name, held }) => ({
      name: `${name}, sustained`,
      unit: "events/s",
      values: [held.sustained ? held.finishedPerSecond : 0],
      better: "more" as const,
      ...goal,
    })),
    tables: [
      {
        title: "The rate that was held",
        columns: [
          "way",
          "asked/s",
          "published/s",
          "waiting at most",
          "waiting grew by /s",
          "CPU cores",
          "CPU µs per event",
          "held",
        ],
        rows: ways.map(({ name, held }) => [
          name,
          Math.round(held.rate),
          Math.round(held.finishedPerSecond),
          Math.max(...held.lag.map(([, events]) => events)),
          Math.round(held.lagGrowthPerSecond),
          rounded(held.cores),
          rounded((held.cores * 1e6) / held.finishedPerSecond),
          held.sustained ? "yes" : held.why,
        ]),
      },
    ],
    plots: [stepsPlot(ways), lagPlot(whole)],
    measured: [
      {
        name: "steps",
        columns: [
          "way",
          "asked_per_s",
          "seconds",
          "taken_per_s",
          "published_per_s",
          "lag_growth_per_s",
          "cores",
          "sustained",
        ],
        rows: ways.flatMap(({ name, steps }) =>
          steps.map((step) => [
            name,
            Math.round(step.rate),
            rounded(step.seconds),
            Math.round(step.takenPerSecond),
            Math.round(step.finishedPerSecond),
            Math.round(step.lagGrowthPerSecond),
            rounded(step.cores),
            String(step.sustained),
          ]),
        ),
      },
      {
        name: "lag",
        columns: ["way", "seconds", "waiting_events"],
        rows: ways.flatMap(({ name, held }) => held.lag.map(([seconds, events]) => [name, rounded(seconds), events])),
      },
    ],
    notes: [
      "CPU is of the one process: load, sessions, encoding, sink; brokers and Redis are beside it on the same cores.",
    ],
  };
}

function stepsPlot(ways: readonly Way[]): Plot {
  return {
    name: "steps",
    title: "Events asked for and published",
    x: { label: "events/s asked for", scale: "log" },
    y: { label: "events/s published", scale: "log" },
    series: ways.map(({ name, steps }) => ({
      name,
      points: steps
        .map((step) => [step.rate, step.finishedPerSecond] as const)
        .toSorted(([one], [other]) => one - other),
    })),
    lines: [
      { label: "floor 5,000", y: FLOOR },
      { label: "aim 50,000", y: AIM },
    ],
  };
}

function lagPlot({ name, held }: Way): Plot {
  return {
    name: "lag",
    title: `Events waiting while ${Math.round(held.rate)}/s are held, ${name}`,
    x: { label: "seconds", scale: "linear" },
    y: { label: "events kept and not yet published", scale: "linear" },
    series: [{ name, points: held.lag }],
  };
}
