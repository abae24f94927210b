/**
 * Recording codec: a recorded part as compressed bytes, and back.
 * In:  a part of the recorder, and whose it is.   Out: gzip (which brings its own checksum) of a RecordedPart (recording.proto).
 * Law: decode(encode(x)) is x. Bytes that are torn, flipped or newer than this code are refused as a BrokenRecording, whole.
 *      Compressing is another thread's work; encoding is a copy.
 * Not here: whether the content is what this release plays by (tools/replay.ts asks).
 */
import { promisify } from "node:util";
import { gunzipSync, gzip } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { RecordedPartSchema } from "#gen/necpgame/combat/v1/recording_pb.js";
import { CONTENT_VERSION } from "../sim/content-version.ts";
import { RECORDING_ENDS, type RecordedPart, type RecordingEnd } from "../sim/recorder.ts";
import { RECORDING_PART_BYTES_MAX } from "./limits.ts";

/** Grows when a reader of the format before would misunderstand what is written. */
export const RECORDING_FORMAT = 2;

/** What was recorded cannot be read. */
export class BrokenRecording extends Error {
  override name = "BrokenRecording";
}

export type RecordedSeat = { readonly slot: number; readonly playerId: string; readonly teamId: string };

/** Whose part it is, and who sat where. */
export type PartOwner = {
  readonly sessionId: string;
  readonly epoch: number;
  readonly seed: number;
  readonly seats: readonly RecordedSeat[];
};

export type DecodedPart = RecordedPart & PartOwner & { readonly contentVersion: string };

const compress = promisify(gzip);

const CHUNK_BYTES_MAX = 16 * 1024;
/** A gzip header and trailer, and more; zlib takes no chunk below this. */
const CHUNK_SPARE_BYTES = 64;

export async function encodePart(part: RecordedPart, owner: PartOwner): Promise<Uint8Array> {
  const { number, firstTick, lastTick, world, inputs, end } = part;
  const { sessionId, epoch, seed, seats } = owner;
  const message = create(RecordedPartSchema, {
    format: RECORDING_FORMAT,
    contentVersion: CONTENT_VERSION,
    sessionId,
    epoch,
    number,
    seed,
    firstTick,
    lastTick,
    world: world ?? "",
    seats: world === null ? [] : seats.map(({ slot, playerId, teamId }) => ({ slot, playerId, teamId })),
    inputs,
    end: end ?? "",
  });
  const bytes = toBinary(RecordedPartSchema, message);
  // What is compressed keeps the whole of the last chunk that it was written in.
  return compress(bytes, { chunkSize: Math.min(CHUNK_BYTES_MAX, bytes.length + CHUNK_SPARE_BYTES) });
}

/** Throws BrokenRecording. */
export function decodePart(bytes: Uint8Array): DecodedPart {
  const message = attempt(() => {
    return fromBinary(RecordedPartSchema, gunzipSync(bytes, { maxOutputLength: RECORDING_PART_BYTES_MAX }));
  });
  const { $typeName: _, $unknown: __, format, world, end, seats, ...rest } = message;
  if (format === 0) throw new BrokenRecording("it is no part of a recording");
  if (format > RECORDING_FORMAT) {
    throw new BrokenRecording(`written by a newer release (format ${format}, known ${RECORDING_FORMAT})`);
  }
  return {
    ...rest,
    world: world === "" ? null : world,
    seats: seats.map(({ slot, playerId, teamId }) => ({ slot, playerId, teamId })),
    end: end === "" ? null : endOf(end),
  };
}

function endOf(word: string): RecordingEnd {
  const known = RECORDING_ENDS.find((end) => end === word);
  if (known === undefined) throw new BrokenRecording(`it ends with "${word}", which this release does not know`);
  return known;
}

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new BrokenRecording("it is torn, or no part of a recording", { cause });
  }
}
