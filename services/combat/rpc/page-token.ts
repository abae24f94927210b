/** Page tokens of lists: where the next page begins, opaque to callers. */

import { isUuid } from "#kit/uuid.ts";
import type { ListQuery, SessionRecord } from "../stores/session-store.ts";
import { refusal } from "./decode.ts";

/** Cuts the one record too many that was asked for, and says where to go on. */
export function pageOf(records: SessionRecord[], limit: number): { page: SessionRecord[]; nextPageToken: string } {
  const page = records.slice(0, limit);
  const last = page.at(-1);
  if (records.length <= limit || last === undefined) return { page, nextPageToken: "" };
  return { page, nextPageToken: Buffer.from(`${last.createdAtMs}.${last.id}`).toString("base64url") };
}

export function positionOf(token: string): NonNullable<ListQuery["after"]> {
  const [createdAt = "", id] = Buffer.from(token.slice(0, 200), "base64url").toString("latin1").split(".");
  const createdAtMs = Number(createdAt);
  if (createdAt === "" || !Number.isSafeInteger(createdAtMs) || !isUuid(id)) {
    throw refusal("page_token", token, "the next_page_token of the page before");
  }
  return { createdAtMs, id };
}
