/** Watch: silence means death only while others could have been heard; nobody waits where a name says enough. */
import { describe, expect, test } from "vitest";
import { BEAT_MS, DEAD_RUN_MS, DIRECTORY_GAP_MS, LEASE_MS } from "#combat/limits.ts";
import { ownerOf, Watch } from "#combat/session/watch.ts";
import type { Heard, Instance } from "#combat/stores/directory.ts";

const run = (name: string, boot: string): Instance => ({ name, boot, address: `${name}:1` });
const SELF = run("here:1", "second");
const OTHER = run("there:1", "first");
const OTHER_AGAIN = run("there:1", "second");

/** What the directory answers at one beat: runs by what they have beaten; nothing when it is away. */
type Beat = { readonly [owner: string]: number } | "away";

const INSTANCES = [SELF, OTHER, OTHER_AGAIN, run("here:1", "first"), run("here:1", "third"), run("third:1", "first")];

function heard(beat: Exclude<Beat, "away">): Heard[] {
  return INSTANCES.filter((instance) => ownerOf(instance) in beat).map((instance) => {
    return { ...instance, beats: beat[ownerOf(instance)]! };
  });
}

/** Hears one beat after the other, as an instance does; `ms` is when the last one was. */
class Line {
  readonly watch: Watch;
  ms = 10_000;
  private beats = 0;

  constructor(alone = false) {
    this.watch = new Watch({ self: SELF, alone });
  }

  /** So many beats; `told` says what the directory answers at each. */
  pass(count: number, told: (beat: number) => Beat): this {
    for (let left = count; left > 0; left--) {
      this.ms += BEAT_MS;
      this.beats += 1;
      const beat = told(this.beats);
      if (beat !== "away") this.watch.handleHeard(this.ms, heard({ [ownerOf(SELF)]: this.beats, ...beat }));
    }
    return this;
  }

  isGone(owner: string): boolean {
    return this.watch.isGone(owner, this.ms);
  }
}

const LEASE_BEATS = Math.ceil(LEASE_MS / BEAT_MS);
const alive = (beat: number): Beat => ({ "there:1#first": beat });
const silent = (): Beat => ({ "there:1#first": 5 });
const wiped = (): Beat => ({});
const away = (): Beat => "away";

describe("the owner of a session", () => {
  test.each<{ name: string; line: (line: Line) => Line; owner?: string; gone: boolean }>([
    { name: "that beats lives", line: (line) => line.pass(100, alive), gone: false },
    {
      name: "that was killed is not gone at once",
      line: (line) => line.pass(5, alive).pass(LEASE_BEATS - 1, silent),
      gone: false,
    },
    {
      name: "that was killed is gone after the lease",
      line: (line) => line.pass(5, alive).pass(LEASE_BEATS, silent),
      gone: true,
    },
    {
      name: "that was killed and taken out is gone after the lease, no sooner",
      line: (line) => line.pass(5, alive).pass(LEASE_BEATS - 1, wiped),
      gone: false,
    },
    {
      name: "that was killed and taken out is gone after the lease",
      line: (line) => line.pass(5, alive).pass(LEASE_BEATS, wiped),
      gone: true,
    },
    {
      name: "lives while the directory is away, however long",
      line: (line) => line.pass(5, alive).pass(100, away),
      gone: false,
    },
    {
      name: "lives when a directory comes back that stood still itself",
      line: (line) => line.pass(5, alive).pass(100, away).pass(1, silent),
      gone: false,
    },
    {
      name: "lives until the directory has answered for a lease again",
      line: (line) => line.pass(5, alive).pass(100, away).pass(LEASE_BEATS, silent),
      gone: false,
    },
    {
      name: "is gone when the directory has answered for a lease again, without it",
      line: (line) =>
        line
          .pass(5, alive)
          .pass(100, away)
          .pass(LEASE_BEATS + 1, silent),
      gone: true,
    },
    {
      name: "lives when it beats again after the directory's absence",
      line: (line) => line.pass(5, alive).pass(100, away).pass(100, alive),
      gone: false,
    },
    {
      name: "lives when the directory lost everything and it has beaten since",
      line: (line) =>
        line
          .pass(20, alive)
          .pass(1, wiped)
          .pass(50, (beat) => ({ "there:1#first": beat - 20 })),
      gone: false,
    },
    {
      name: "lives when it is heard again in time",
      line: (line) =>
        line
          .pass(5, alive)
          .pass(LEASE_BEATS - 1, silent)
          .pass(1, alive),
      gone: false,
    },
    {
      name: "lives when it is heard again, too late",
      line: (line) =>
        line
          .pass(5, alive)
          .pass(LEASE_BEATS + 5, silent)
          .pass(1, alive),
      gone: false,
    },
    {
      name: "is its next run's to take at first: clients are on their way back to that",
      line: (line) => line.pass(5, alive).pass(1, (beat) => ({ "there:1#first": 5, "there:1#second": beat })),
      gone: false,
    },
    {
      name: "is gone for everybody when its next run has not taken its sessions within a lease",
      line: (line) => line.pass(5, alive).pass(9, (beat) => ({ "there:1#first": 5, "there:1#second": beat })),
      gone: true,
    },
    {
      name: "lives as the next run of one that is left behind in the directory",
      line: (line) => line.pass(5, alive).pass(9, (beat) => ({ "there:1#first": 5, "there:1#second": beat })),
      owner: "there:1#second",
      gone: false,
    },
    {
      name: "lives although an older run of its name has come to life again",
      line: (line) =>
        line
          .pass(5, alive)
          .pass(5, (beat) => ({ "there:1#first": 5, "there:1#second": beat }))
          .pass(1, (beat) => ({ "there:1#first": beat, "there:1#second": beat - 1 })),
      owner: "there:1#second",
      gone: false,
    },
    {
      name: "that nobody ever heard is not gone at the first answer",
      line: (line) => line.pass(1, wiped),
      owner: "never:1#first",
      gone: false,
    },
    {
      name: "that nobody ever heard is not gone before the directory has answered for a lease",
      line: (line) => line.pass(LEASE_BEATS, wiped),
      owner: "never:1#first",
      gone: false,
    },
    {
      name: "that nobody ever heard is gone when the directory has answered for a lease",
      line: (line) => line.pass(LEASE_BEATS + 1, wiped),
      owner: "never:1#first",
      gone: true,
    },
    {
      name: "is not known to be gone before the directory ever answered",
      line: (line) => line.pass(100, away),
      gone: false,
    },
    {
      name: "that is this run lives, whatever the directory says",
      line: (line) => line.pass(LEASE_BEATS + 9, wiped),
      owner: ownerOf(SELF),
      gone: false,
    },
    {
      name: "that is the run before this one is gone at once",
      line: (line) => line.pass(1, (beat) => ({ "here:1#first": beat })),
      owner: "here:1#first",
      gone: true,
    },
    {
      name: "that is the run before this one is gone though nobody heard it, and the directory is away",
      line: (line) => line,
      owner: "here:1#first",
      gone: true,
    },
    {
      name: "that took this run's place while it stood still is not gone",
      line: (line) =>
        line
          .pass(9, alive)
          .pass(20, away)
          .pass(1, (beat) => ({ "here:1#third": beat })),
      owner: "here:1#third",
      gone: false,
    },
    {
      name: "that took this run's place is gone when it falls silent, too",
      line: (line) => line.pass(9, alive).pass(LEASE_BEATS + 1, () => ({ "here:1#third": 3 })),
      owner: "here:1#third",
      gone: true,
    },
  ])("$name", ({ line, owner = ownerOf(OTHER), gone }) => {
    expect(line(new Line()).isGone(owner)).toBe(gone);
  });

  test("is gone where no other instance can be", () => {
    expect(new Line(true).isGone("never:1#first")).toBe(true);
    expect(new Line(true).isGone(ownerOf(SELF))).toBe(false);
  });

  test("is not judged by a directory that has been silent for long, even within a lease", () => {
    const line = new Line().pass(5, alive).pass(LEASE_BEATS, silent);
    const { watch, ms } = line;
    expect(watch.isGone(ownerOf(OTHER), ms + DIRECTORY_GAP_MS)).toBe(true);
    expect(watch.isGone(ownerOf(OTHER), ms + DIRECTORY_GAP_MS + 1)).toBe(false);
  });
});

describe("runs that are gone for long", () => {
  const deadAfter = Math.ceil(DEAD_RUN_MS / BEAT_MS);

  test("are given out once, to be taken out of the directory, and not looked for any more", () => {
    const line = new Line().pass(5, alive).pass(deadAfter - 1, silent);
    expect(line.watch.pollDead(line.ms)).toEqual([]);
    line.pass(1, silent);
    expect(line.watch.pollDead(line.ms)).toEqual([OTHER]);
    expect(line.watch.pollDead(line.ms)).toEqual([]);
    expect([...line.watch.owners()]).toEqual([ownerOf(SELF)]);
  });

  test("are not given out while they live, however old", () => {
    const line = new Line().pass(5 * deadAfter, alive);
    expect(line.watch.pollDead(line.ms)).toEqual([]);
  });

  test("are not given out while the directory is away", () => {
    const line = new Line().pass(5, alive).pass(2 * deadAfter, away);
    expect(line.watch.pollDead(line.ms)).toEqual([]);
  });
});

describe("where an owner is reached", () => {
  const addressOf = (line: Line, owner: string) => line.watch.addressOf(owner, line.ms);

  test("is told of one that lives, until it is gone", () => {
    const line = new Line().pass(5, alive);
    expect(addressOf(line, ownerOf(OTHER))).toBe(OTHER.address);
    expect(addressOf(line.pass(LEASE_BEATS + 1, silent), ownerOf(OTHER))).toBeNull();
  });

  test("is not told of ourselves, of who was never heard, or of who does not listen yet", () => {
    const line = new Line().pass(5, alive);
    expect(addressOf(line, ownerOf(SELF))).toBeNull();
    expect(addressOf(line, "third:1#first")).toBeNull();
    line.watch.handleHeard(line.ms, [{ ...run("third:1", "first"), address: "", beats: 1 }]);
    expect(addressOf(line, "third:1#first")).toBeNull();
  });
});
