/**
 * RFC 3339 times in UTC, as public JSON has them.
 * In:  a text, or seconds and nanoseconds since 1970.   Out: the other one.
 * Law: a printed time reads back as the same time, to the nanosecond; a day that no calendar has is refused.
 */

export type Instant = { readonly seconds: bigint; readonly nanos: number };

const PATTERN = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/;
const FIRST_UNIX_MS = Date.parse("0001-01-01T00:00:00Z"); // Date.UTC takes the year 1 for 1901.
const LAST_UNIX_MS = Date.parse("9999-12-31T23:59:59.999Z");

/** Milliseconds since 1970 as text, with three decimals. Times that RFC 3339 cannot write become the nearest one. */
export function printUnixMs(unixMs: number): string {
  const within = Math.min(LAST_UNIX_MS, Math.max(FIRST_UNIX_MS, Number.isNaN(unixMs) ? 0 : unixMs));
  return new Date(within).toISOString();
}

/** As many decimals as the time needs: none, three, six or nine. */
export function printInstant(instant: Instant): string {
  const whole = printUnixMs(Number(instant.seconds) * 1000).slice(0, 19);
  if (instant.nanos === 0) return `${whole}Z`;
  const digits = String(instant.nanos)
    .padStart(9, "0")
    .replace(/(?:000){1,2}$/, "");
  return `${whole}.${digits}Z`;
}

/** null: not a time. */
export function parseInstant(text: string): Instant | null {
  const match = PATTERN.exec(text);
  if (!match) return null;
  const [, date, time, fraction = "", zone] = match;
  const utcMs = Date.parse(`${date}T${time}Z`);
  if (Number.isNaN(utcMs) || !new Date(utcMs).toISOString().startsWith(`${date}T${time}`)) return null; // 31 June.
  const offsetMs = zoneOffsetMs(zone ?? "Z");
  if (offsetMs === null) return null;
  const unixMs = utcMs - offsetMs;
  if (unixMs < FIRST_UNIX_MS || unixMs > LAST_UNIX_MS) return null;
  return { seconds: BigInt(unixMs / 1000), nanos: Number(fraction.padEnd(9, "0")) };
}

export function instantToUnixMs(instant: Instant): number {
  return Number(instant.seconds) * 1000 + instant.nanos / 1e6;
}

function zoneOffsetMs(zone: string): number | null {
  if (zone === "Z" || zone === "z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 23 || minutes > 59) return null;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
