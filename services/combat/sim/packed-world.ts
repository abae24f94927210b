/**
 * Packed world: a whole world as text, so that a recording can be entered in its middle, and as a value to compare.
 * In:  a world.   Out: JSON of all of it but the map, which is named; and the world again.
 * Law: a world that was packed and unpacked goes on as the one it was made of, to the last bit, the past that shots are
 *      judged by included. It is packed as it is, not field by field: a new field of the world is in it by itself.
 * Not here: what outlives a crash, and in which words (stores/state-codec.ts).
 */
import { assert } from "#kit/assert.ts";
import { MAPS } from "./content.ts";
import type { World } from "./world.ts";

/** Arrays of one kind of number, which JSON would take for objects. */
const KINDS = { Float64Array, Float32Array, Int32Array, Uint32Array, Int16Array, Uint16Array, Int8Array, Uint8Array };

type Kind = keyof typeof KINDS;

/** The key by which such an array is known. */
const MARK = "$numbers";

/** Its bytes, lowest first, as all machines have them that this runs on; the first format listed the numbers. */
type Packed = { [MARK]: Kind } & ({ bytes: string } | { of: number[] });

/** Arrays of numbers are in the history alone; the rest is plain, and JSON takes it ten times faster without being asked. */
export function packWorld(world: World): string {
  return JSON.stringify({ ...world, map: world.map.id, history: plainOf(world.history) });
}

function plainOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainOf);
  if (!isObject(value)) return value;
  if (!ArrayBuffer.isView(value))
    return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, plainOf(of)]));
  const kind = value.constructor.name;
  assert(kind in KINDS, "a history holds plain data and arrays of numbers");
  return { [MARK]: kind, bytes: new Uint8Array(value.buffer, value.byteOffset, value.byteLength).toBase64() };
}

/** Throws when it is no packed world, or of a map that is not in the table. */
export function unpackWorld(text: string): World {
  const packed = JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== "object" || value === null || !(MARK in value)) return value;
    return numbersOf(value as Packed);
  }) as Omit<World, "map"> & { map: string };
  const map = MAPS[packed.map];
  assert(map, "a recorded world names a map of the table");
  return { ...packed, map };
}

function numbersOf(packed: Packed): InstanceType<(typeof KINDS)[Kind]> {
  const { [MARK]: kind } = packed;
  return "of" in packed ? new KINDS[kind](packed.of) : new KINDS[kind](Uint8Array.fromBase64(packed.bytes).buffer);
}

/** A field that two worlds have differently, as `fighters[3].health`, with both values. */
export type FieldDifference = { readonly field: string; readonly one: unknown; readonly other: unknown };

/** Fields that differ, in the order of the world's own, at most so many. What nobody hashes (history) is compared last. */
export function differences(one: World, other: World, countMax: number): FieldDifference[] {
  const found: FieldDifference[] = [];
  const { history: pastOne, map: mapOne, ...restOne } = one;
  const { history: pastOther, map: mapOther, ...restOther } = other;
  compare({ map: mapOne.id, ...restOne }, { map: mapOther.id, ...restOther }, "", { found, countMax });
  compare({ history: pastOne }, { history: pastOther }, "", { found, countMax });
  return found;
}

type Findings = { readonly found: FieldDifference[]; readonly countMax: number };

function compare(one: unknown, other: unknown, field: string, findings: Findings): void {
  if (Object.is(one, other) || findings.found.length >= findings.countMax) return;
  if (!isObject(one) || !isObject(other)) {
    if (one === 0 && other === 0) return; // 0 and -0: JSON has but one.
    findings.found.push({ field, one, other });
    return;
  }
  for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const inside = Array.isArray(one) || ArrayBuffer.isView(one) ? `${field}[${name}]` : `${field}.${name}`;
    compare(one[name], other[name], field === "" ? name : inside, findings);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
