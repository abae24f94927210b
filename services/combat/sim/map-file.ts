/**
 * Map file: reads a map out of the plain data of a file; docs/GAMEPLAY.md documents the format.
 * In:  what JSON made of the file.   Out: the map, or what is wrong with its form, by the name of the part.
 * Law: every part is known and has its form; whole centimetres and hundredths of a degree.
 * Not here: whether the map can be played (map-check.ts).
 */
import { assert } from "#kit/assert.ts";
import type { GameMap, Place, Spawn, Wall } from "./maps.ts";
import type { Point } from "./world.ts";

/** Whereto a ramp goes up. */
export const RISES = ["x+", "x-", "y+", "y-"] as const;
export type Rise = (typeof RISES)[number];

export type MapFileFault = { readonly where: string; readonly what: string };

/** Throws on a file that has not the form: for the maps of this program, which tests read. */
export function mapOfFile(file: unknown): GameMap {
  const read = readMapFile(file);
  assert("map" in read, `a map's file has its form: ${"faults" in read ? JSON.stringify(read.faults[0]) : ""}`);
  return read.map;
}

export function readMapFile(file: unknown): { map: GameMap } | { faults: MapFileFault[] } {
  const reader = new Reader();
  const map = reader.map(file);
  return reader.faults.length > 0 ? { faults: reader.faults } : { map };
}

type Fields = { readonly [name: string]: unknown };

/** Goes on after a fault with something harmless, so that all faults are told at once. */
class Reader {
  readonly faults: MapFileFault[] = [];

  map(file: unknown): GameMap {
    const fields = this.fields("map", file, ["id", "bounds", "walls", "spawns"], ["bases", "hills", "zones"]);
    const id = this.text("id", fields["id"]);
    const bounds = this.box("bounds", fields["bounds"]);
    const walls = this.list("walls", fields["walls"], (where, item) => this.wall(where, item));
    const spawns = this.list("spawns", fields["spawns"], (where, item) => this.spawn(where, item));
    const bases = this.list("bases", fields["bases"] ?? [], (where, item) => this.point(where, item));
    const hills = this.list("hills", fields["hills"] ?? [], (where, item) => this.place(where, item));
    const zones = this.list("zones", fields["zones"] ?? [], (where, item) => this.place(where, item));
    return { id, bounds, walls, spawns, places: { bases, hills, zones } };
  }

  private fields(where: string, value: unknown, needed: readonly string[], optional: readonly string[] = []): Fields {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.fault(where, "is an object");
      return {};
    }
    for (const name of needed) if (!Object.hasOwn(value, name)) this.fault(`${where}.${name}`, "is missing");
    for (const name of Object.keys(value)) {
      if (needed.includes(name) || optional.includes(name)) continue;
      this.fault(`${where}.${name}`, `is not known; known are ${[...needed, ...optional].join(", ")}`);
    }
    return value as Fields;
  }

  private list<Item>(where: string, value: unknown, read: (where: string, item: unknown) => Item): Item[] {
    if (Array.isArray(value)) return value.map((item, index) => read(`${where}[${index}]`, item));
    this.fault(where, "is a list");
    return [];
  }

  private text(where: string, value: unknown): string {
    if (typeof value === "string" && /^[a-z][a-z0-9_]{0,63}$/.test(value)) return value;
    this.fault(where, "is a name: a small letter, then up to 63 of a-z, 0-9 and _");
    return "";
  }

  private whole(where: string, value: unknown): number {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return value as number;
    this.fault(where, "is a whole number");
    return 0;
  }

  private point(where: string, value: unknown): Point {
    if (!Array.isArray(value) || value.length !== 3) this.fault(where, "is a point: [x, y, z] in centimetres");
    const [x, y, z] = Array.isArray(value) ? value : [];
    return { x: this.whole(`${where}[0]`, x), y: this.whole(`${where}[1]`, y), z: this.whole(`${where}[2]`, z) };
  }

  private box(where: string, value: unknown): Wall {
    const { min, max } = this.fields(where, value, ["min", "max"]);
    return { min: this.point(`${where}.min`, min), max: this.point(`${where}.max`, max) };
  }

  private wall(where: string, value: unknown): Wall {
    const { min, max, rises } = this.fields(where, value, ["min", "max"], ["rises"]);
    const box = { min: this.point(`${where}.min`, min), max: this.point(`${where}.max`, max) };
    if (rises === undefined) return box;
    const rise = RISES.find((known) => known === rises);
    if (rise === undefined) this.fault(`${where}.rises`, `is one of ${RISES.join(", ")}`);
    return { ...box, rises: rise ?? "x+" };
  }

  private spawn(where: string, value: unknown): Spawn {
    const { at, yaw, base } = this.fields(where, value, ["at", "yaw"], ["base"]);
    const spawn = { position: this.point(`${where}.at`, at), yaw: this.whole(`${where}.yaw`, yaw) };
    return base === undefined ? spawn : { ...spawn, base: this.whole(`${where}.base`, base) };
  }

  private place(where: string, value: unknown): Place {
    const { id, at, radius } = this.fields(where, value, ["id", "at", "radius"]);
    const position = this.point(`${where}.at`, at);
    return { id: this.text(`${where}.id`, id), position, radiusCm: this.whole(`${where}.radius`, radius) };
  }

  private fault(where: string, what: string): void {
    this.faults.push({ where, what });
  }
}
