/**
 * Judge: whether what was acknowledged and what was shown is there, once and in order, after all is healed and over.
 * In:  pages of the book, everything that was published.   Out: violations in words, each with the events around it.
 * Law: it trusts the drivers' notes alone, and compares three witnesses: viewers, the event stream, the record.
 * Not here: the law for a match (judge-match.ts), what a match that was lost still owes (judge-lost.ts).
 */
import type { Page } from "./book.ts";
import { judgeWhereLost } from "./judge-lost.ts";
import { judgeMatch } from "./judge-match.ts";
import { same, type Told } from "./told.ts";

export type Violation = {
  readonly sessionId: string;
  readonly label: string;
  readonly what: string;
  readonly around: string;
};

/** `seq`: where; null where no event is to blame. */
export type Note = (seq: number | null, what: string) => void;

export type JudgeOptions = {
  /**
   * The live store lost its data and its owner died in the same outage: then matches may be lost. These are the sessions of
   * which an owner said so; no other may be cancelled. Left out where nothing may be lost.
   */
  readonly saidLost?: ReadonlySet<string>;
};

/** What one page has to say; more of the same match would say nothing new. */
const VIOLATIONS_MAX = 40;

export function judge(
  pages: readonly Page[],
  told: ReadonlyMap<string, readonly Told[]>,
  options: JudgeOptions = {},
): Violation[] {
  return pages.flatMap((page) => judgePage(page, told.get(page.sessionId ?? "") ?? [], options));
}

function judgePage(page: Page, raw: readonly Told[], { saidLost }: JudgeOptions): Violation[] {
  const violations: Violation[] = [];
  const { sessionId, label } = page;
  const note: Note = (seq, what) => {
    if (violations.length >= VIOLATIONS_MAX) return;
    violations.push({ sessionId: String(sessionId), label, what, around: seq === null ? "" : around(raw, seq) });
  };
  const told = withoutRepeats(raw, note);
  if (sessionId === null) {
    const create = page.calls[0];
    if (create?.outcome === "refused") note(null, `the creation was refused: ${create.said}`);
  } else if (saidLost === undefined) judgeMatch(page, told, note);
  else judgeWhereLost(page, told, { note, isSaidLost: saidLost.has(sessionId) });
  return violations;
}

/** An event that comes again must be the same to the last field. */
function withoutRepeats(raw: readonly Told[], note: Note): Told[] {
  const byId = new Map<string, Told>();
  for (const one of raw) {
    const known = byId.get(one.eventId);
    if (known === undefined) byId.set(one.eventId, one);
    else if (!same(known, one)) note(one.seq, `event ${one.eventId} was published with two bodies`);
  }
  return [...byId.values()];
}

const AROUND = 3;

function around(raw: readonly Told[], seq: number): string {
  const near = raw.filter((one) => Math.abs(one.seq - seq) <= AROUND);
  return near
    .map(({ epoch, seq: at, tick, event, data }) => `${epoch}:${at} t${tick} ${event} ${JSON.stringify(data)}`)
    .join("\n");
}
