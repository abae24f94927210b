/**
 * State codec: sessions and what happened in them as bytes for the live store, and back.
 * In:  SessionState, StatePatch, events.   Out: blocks of schema version, checksum and protobuf (checkpoint.proto).
 * Law: decode(encode(x)) is x. A block that is torn, flipped or newer than this code is refused as a BrokenBlock, whole:
 *      nobody goes on with half a world.
 * Events are kept as JSON in the service's own words: they are read back by this service alone, and JSON costs a
 * tenth of what a second set of messages with a conversion each way would.
 */
import { crc32 } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  StoredBlockSchema,
  type StoredEntry,
  StoredEntrySchema,
  type StoredEvent,
  StoredFighterSchema,
  StoredSeatSchema,
  type StoredState,
  StoredStateSchema,
} from "#gen/necpgame/combat/v1/checkpoint_pb.js";
import { Arena } from "#kit/arena.ts";
import { asMessage, planBinary } from "#wire/binary-plan.ts";
import type { EventBody, SessionEvent } from "../session/session-events.ts";
import type { SessionState, StatePatch } from "../session/state.ts";
import type { KnownBytes } from "./known-bytes.ts";
import {
  fighterMessage,
  patchMessage,
  patchOfMessage,
  seatMessage,
  stateMessage,
  stateOfMessage,
} from "./state-messages.ts";

/** Grows when a reader of the version before would misunderstand what is written. */
export const STATE_SCHEMA_VERSION = 2;

/** What was kept cannot be read. */
export class BrokenBlock extends Error {
  override name = "BrokenBlock";
}

/** It can, by a newer release than this one. */
export class NewerBlock extends BrokenBlock {
  override name = "NewerBlock";
}

export type Entry = {
  readonly sessionId: string;
  readonly events: readonly SessionEvent[];
  readonly after: { readonly patch: StatePatch } | { readonly state: SessionState };
};

const stateBytes = planBinary(StoredStateSchema);
const fighterBytes = planBinary(StoredFighterSchema);
const seatBytes = planBinary(StoredSeatSchema);
const entryBytes = planBinary(StoredEntrySchema);
const blockBytes = planBinary(StoredBlockSchema);
/** What a block is made of, for as long as it takes. */
const payloads = new Arena();

/**
 * `arena`: where the bytes are put, if they need no buffer of their own. `known`: what of the session is known as bytes, without
 * the fighters who may have changed since.
 */
export function encodeState(
  state: SessionState,
  { arena, known }: { arena?: Arena; known?: KnownBytes } = {},
): Uint8Array {
  payloads.reset();
  return block(stateBytes(messageOf(state, known), payloads), arena);
}

/** Fighters and seats as bytes, if some are known; the others' are among the payloads. */
function messageOf(state: SessionState, known: KnownBytes | undefined): StoredState {
  if (known === undefined) return stateMessage(state);
  const { fighters, seats } = known;
  return stateMessage(state, {
    fighter: (one) => asMessage(fighters.of(one.slot, () => fighterBytes(fighterMessage(one), payloads))),
    seat: (one) => asMessage(seats.of(one, () => seatBytes(seatMessage(one), payloads))),
  });
}

/** Throws BrokenBlock. */
export function decodeState(bytes: Uint8Array): SessionState {
  return attempt(() => stateOfMessage(fromBinary(StoredStateSchema, payloadOf(bytes))));
}

/** `known`: as for a state. */
export function encodeEntry({ events, after }: Omit<Entry, "sessionId">, known?: KnownBytes): Uint8Array {
  payloads.reset();
  const message = create(StoredEntrySchema, {
    events: events.map(eventMessage),
    after:
      "patch" in after
        ? { case: "patch", value: patchMessage(after.patch) }
        : { case: "state", value: messageOf(after.state, known) },
  });
  return block(entryBytes(message, payloads));
}

/** Throws BrokenBlock. */
export function decodeEntry(sessionId: string, bytes: Uint8Array): Entry {
  return attempt(() => {
    const message = fromBinary(StoredEntrySchema, payloadOf(bytes));
    const events = message.events.map((event) => eventOfMessage(sessionId, event));
    return { sessionId, events, after: afterOf(message) };
  });
}

function afterOf({ after }: StoredEntry): Entry["after"] {
  if (after.case === "patch") return { patch: patchOfMessage(after.value) };
  if (after.case === "state") return { state: stateOfMessage(after.value) };
  throw new BrokenBlock("an entry without what came after it");
}

function eventMessage({ epoch, seq, tick, atUnixMs, body }: SessionEvent) {
  return { epoch, seq, tick, atUnixMs, body: JSON.stringify(body) };
}

function eventOfMessage(sessionId: string, { epoch, seq, tick, atUnixMs, body }: StoredEvent): SessionEvent {
  return { sessionId, epoch, seq, tick, atUnixMs, body: JSON.parse(body) as EventBody };
}

function block(payload: Uint8Array, arena?: Arena): Uint8Array {
  const header = { schemaVersion: STATE_SCHEMA_VERSION, checksum: crc32(payload), payload };
  return blockBytes({ $typeName: "necpgame.combat.v1.StoredBlock", ...header }, arena);
}

function payloadOf(bytes: Uint8Array): Uint8Array {
  const stored = fromBinary(StoredBlockSchema, bytes);
  const { schemaVersion, checksum, payload } = stored;
  if (schemaVersion > STATE_SCHEMA_VERSION) {
    throw new NewerBlock(`written by a newer release (schema ${schemaVersion}, known ${STATE_SCHEMA_VERSION})`);
  }
  if (schemaVersion === 0 || crc32(payload) !== checksum) throw new BrokenBlock("its checksum does not fit");
  // The checksum is of the payload alone, and the library reads past a wire type that is not the field's.
  if (Buffer.compare(toBinary(StoredBlockSchema, stored), bytes) !== 0) throw new BrokenBlock("its head is damaged");
  return payload;
}

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof BrokenBlock) throw cause;
    throw new BrokenBlock("it is no whole message", { cause });
  }
}
