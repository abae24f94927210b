/**
 * Recording: what a saved recording holds, as segments of parts that follow on each other.
 * In:  parts as the service gives them out.   Out: segments, one for each owner the session had; a decoded part at a time.
 * Law: a segment's parts are numbered from 0 without gaps, and its first begins with a world; else it is refused by name.
 */

import { CONTENT_VERSION } from "#combat/sim/content-version.ts";
import { BrokenRecording, type DecodedPart, decodePart } from "#combat/stores/recording-codec.ts";
import type { RecordingPart, SavedRecording } from "#gen/necpgame/combat/v1/recording_pb.js";

export type Segment = {
  readonly epoch: number;
  readonly parts: readonly RecordingPart[];
  readonly firstTick: number;
  readonly lastTick: number;
  /** Why there is no further part; null when the owner died before it could say. */
  readonly end: string | null;
  readonly tickRateHz: number;
  /** Players by slot, as the newest world has them. */
  readonly players: ReadonlyMap<number, string>;
};

/** It was played by other rules than this release has. */
export class OtherContent extends Error {
  override name = "OtherContent";
}

/** Throws BrokenRecording, or OtherContent unless that is allowed. */
export function segmentsOf({ parts }: SavedRecording, allowed: { otherContent: boolean }): Segment[] {
  if (parts.length === 0)
    throw new BrokenRecording("it has no parts: the session was not recorded, or is kept no more");
  const epochs = [...new Set(parts.map(({ epoch }) => epoch))].sort((one, other) => one - other);
  return epochs.map((epoch) => segmentOf(epoch, parts, allowed));
}

function segmentOf(epoch: number, all: readonly RecordingPart[], allowed: { otherContent: boolean }): Segment {
  const parts = all.filter((part) => part.epoch === epoch).sort((one, other) => one.number - other.number);
  parts.forEach((part, place) => {
    if (part.number !== place) throw new BrokenRecording(`part ${place} of epoch ${epoch} is missing`);
  });
  const [first, last] = [parts[0]!, parts.at(-1)!];
  const { world, contentVersion, seats } = decoded(first);
  if (world === null) throw new BrokenRecording(`epoch ${epoch} does not begin with a world`);
  if (contentVersion !== CONTENT_VERSION && !allowed.otherContent) {
    throw new OtherContent(
      `recorded under content ${contentVersion}, and this release plays by ${CONTENT_VERSION}: use the release it was ` +
        "recorded with, or --other-content to see where it goes another way",
    );
  }
  const players = new Map(seats.map(({ slot, playerId }) => [slot, playerId]));
  const { tickRateHz } = (JSON.parse(world) as { rules: { tickRateHz: number } }).rules;
  const { lastTick, end } = last;
  return { epoch, parts, firstTick: first.firstTick, lastTick, end: end === "" ? null : end, tickRateHz, players };
}

/** Throws BrokenRecording that says which part it is. */
export function decoded({ epoch, number, content }: RecordingPart): DecodedPart {
  try {
    return decodePart(content);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BrokenRecording(`part ${number} of epoch ${epoch}: ${why}`, { cause });
  }
}
