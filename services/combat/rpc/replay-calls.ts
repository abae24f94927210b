/**
 * The call that gives recordings out, a page of parts at a time.
 * Law: of a match that still runs only services and admins get anything: a replay shows what fog hides.
 */
import { create } from "@bufbuild/protobuf";
import { actsForOthers } from "#auth/principal.ts";
import { GetReplayResponseSchema } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { ProblemError, problem } from "#wire/problem.ts";
import { isOver } from "../session/lifecycle.ts";
import type { Recordings } from "../session/recordings.ts";
import type { RecordingStore } from "../stores/recording-store.ts";
import { refusal } from "./decode.ts";
import type { Desk } from "./desk.ts";
import type { UnaryHandlers } from "./handlers.ts";
import { REPLAY_PAGE_BYTES } from "./limits.ts";

type Place = { readonly epoch: number; readonly number: number };

const START: Place = { epoch: 0, number: 0 };

export type ReplayParts = { desk: Desk; store: RecordingStore; recordings: Recordings };

export function replayCalls({ desk, store, recordings }: ReplayParts): Pick<UnaryHandlers, "getReplay"> {
  return {
    async getReplay({ sessionId, pageToken }, { principal }) {
      const record = await desk.record(principal, sessionId);
      if (!isOver(record.status) && !actsForOthers(principal)) {
        const message = "A replay is given out once its session is over";
        throw new ProblemError(problem("INVALID_STATE_TRANSITION", message, { status: record.status }));
      }
      const from = pageToken === undefined ? START : placeOf(pageToken);
      // Its last seconds may be in memory still.
      if (isOver(record.status) && desk.host.find(sessionId) !== null) await recordings.flush(sessionId);
      const { parts: heads, bytes: totalBytes } = await store.list(sessionId);
      const parts = await store.read(sessionId, from, REPLAY_PAGE_BYTES);
      const [last, newest] = [parts.at(-1), heads.at(-1)];
      const isMore = last !== undefined && newest !== undefined && isBefore(last, newest);
      return create(GetReplayResponseSchema, {
        sessionId,
        parts: parts.map(({ end, sessionId: _, ...part }) => ({ ...part, end: end ?? "" })),
        nextPageToken: isMore ? tokenOf({ epoch: last.epoch, number: last.number + 1 }) : "",
        totalParts: heads.length,
        totalBytes,
      });
    },
  };
}

function isBefore(one: Place, other: Place): boolean {
  return one.epoch < other.epoch || (one.epoch === other.epoch && one.number < other.number);
}

function tokenOf({ epoch, number }: Place): string {
  return Buffer.from(`${epoch}.${number}`).toString("base64url");
}

function placeOf(token: string): Place {
  const text = Buffer.from(token.slice(0, 100), "base64url").toString("latin1");
  const [, epoch = "", number = ""] = /^(\d{1,9})\.(\d{1,9})$/.exec(text) ?? [];
  if (epoch === "") throw refusal("page_token", token, "the next_page_token of the page before");
  return { epoch: Number(epoch), number: Number(number) };
}
