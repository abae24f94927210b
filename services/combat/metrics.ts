/**
 * Metrics: what combat says of itself on the admin port, read off its parts when asked.
 * In:  the parts.   Out: Prometheus metrics, and the checks of /readyz by name.
 * Law: names are `combat_*`, times are seconds; reading changes nothing and waits for nobody but a count of the outbox.
 */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Publisher } from "./events/publisher.ts";
import { OUTBOX_COUNT_MS } from "./limits.ts";
import type { SessionHost } from "./session/host.ts";
import type { Load } from "./session/load.ts";
import type { Recordings } from "./session/recordings.ts";
import type { Recovery } from "./session/recovery.ts";
import { SESSION_STATUSES } from "./session/settings.ts";
import type { Outbox } from "./stores/session-store.ts";

export type Observed = {
  readonly registry: Registry;
  readonly host: SessionHost;
  readonly load: Load;
  readonly publisher: Publisher;
  readonly recovery: Recovery;
  readonly outbox: Outbox;
  readonly recordings: Recordings;
};

/** How the stores stand, for /readyz; matches go on whichever is away. */
export type Health = {
  checks(): { readonly [name: string]: string };
  stop(): void;
};

export function observe({ registry, host, load, publisher, recovery, outbox, recordings }: Observed): Health {
  const { keeper } = host;
  let rows = 0;
  let records = "up";
  const count = async () => {
    try {
      rows = await outbox.count();
      records = "up";
    } catch (error) {
      records = `away: ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  const timer = setInterval(() => void count(), OUTBOX_COUNT_MS);
  timer.unref();

  const isLiveUp = () => !keeper.isAway && recovery.directoryAnswers;
  const values = (name: string, help: string, label: string, read: () => { readonly [value: string]: number }) =>
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        for (const [value, number] of Object.entries(read())) this.set({ [label]: value }, number);
      },
    });
  const value = (name: string, help: string, read: () => number) =>
    new Gauge({ name, help, registers: [registry], collect: set(read) });
  const totals = (name: string, help: string, label: string, read: () => { readonly [value: string]: number }) => {
    const told = new Map<string, number>();
    return new Counter({
      name,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        for (const [value, number] of Object.entries(read())) {
          this.inc({ [label]: value }, number - (told.get(value) ?? 0));
          told.set(value, number);
        }
      },
    });
  };
  const total = (name: string, help: string, read: () => number) => {
    let told = 0;
    return new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        const now = read();
        this.inc(now - told);
        told = now;
      },
    });
  };

  values("combat_sessions", "Sessions hosted here, by status", "status", () => host.countByStatus(SESSION_STATUSES));
  value("combat_ticks_share", "Of the time, what the ticks of all sessions take", () => load.share);
  values("combat_sessions_slowed", "Sessions whose ticks come less often, by why", "why", () => ({
    overload: load.slowedCount,
    long_ticks: load.longCount,
  }));
  value("combat_sessions_degraded", "Sessions whose live copy is behind what was shown", () => keeper.degradedCount);
  totals("combat_session_reads_total", "Reads of sessions, by what answered", "from", () => host.lookup.reads);
  totals("combat_sessions_taken_total", "Sessions found without an owner", "outcome", () => recovery.totals);
  total("combat_sessions_fenced_total", "Sessions that another owner took", () => keeper.fencedCount);
  total("combat_journal_entries_total", "Journal entries written", () => keeper.counts.entries);
  total("combat_journal_bytes_total", "Bytes of journal entries written", () => keeper.counts.entryBytes);
  total("combat_checkpoints_total", "Checkpoints written", () => keeper.counts.checkpoints);
  total("combat_checkpoint_bytes_total", "Bytes of checkpoints written", () => keeper.counts.checkpointBytes);
  total("combat_events_published_total", "Events the sink has acknowledged", () => publisher.counts.published);
  total("combat_publish_failures_total", "Publications the sink did not take", () => publisher.counts.failures);
  total("combat_events_lost_total", "Events given up unpublished", () => publisher.counts.lost);
  total(
    "combat_samples_given_up_total",
    "Samples of positions and shots that no room was left for",
    () => publisher.samplesGivenUp,
  );
  value("combat_journal_lag_events", "Events kept and not yet published", () => publisher.lag);
  value("combat_outbox_rows", "Told changes of records that are not settled", () => rows);
  total("combat_recording_parts_total", "Parts of recordings stored", () => recordings.counts.parts);
  total("combat_recording_bytes_total", "Bytes of recordings stored", () => recordings.counts.bytes);
  value("combat_recording_waiting_bytes", "Bytes of recordings that wait for the store", () => recordings.waitingBytes);
  totals("combat_recordings_ended_total", "Recordings that ended, by why", "why", () => recordings.ends);
  values("combat_store_up", "1 when the store answered last", "store", () => ({
    records: records === "up" ? 1 : 0,
    live_state: isLiveUp() ? 1 : 0,
    events: publisher.isFailing ? 0 : 1,
  }));
  const wait = new Histogram({
    name: "combat_journal_wait_seconds",
    help: "What keeping events adds before they are shown",
    buckets: [0.0002, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.1, 0.25],
    registers: [registry],
  });
  keeper.onWaited = (ms) => wait.observe(ms / 1000);

  return {
    checks: () => ({
      sessions: String(host.count),
      degraded: String(keeper.degradedCount),
      records,
      live_state: isLiveUp() ? "up" : "away: sessions go on, degraded",
      events: publisher.isFailing ? "away: they wait" : "up",
      unpublished: String(publisher.lag),
    }),
    stop: () => clearInterval(timer),
  };
}

function set(read: () => number) {
  return function collect(this: Gauge) {
    this.set(read());
  };
}
