/**
 * Body: the text of a request's body.
 * Law: never more than BODY_BYTES_MAX is kept; the media type is judged before a byte is read; text is UTF-8.
 * Time is bounded by the server's own request timeout, which ends the connection.
 */
import type { IncomingMessage } from "node:http";
import { no, ok, type Problem, problem, type Result } from "#wire/problem.ts";
import { BODY_BYTES_MAX, BODY_DISCARDED_BYTES_MAX } from "../limits.ts";

/** Empty text for no body. */
export async function readBodyText(request: IncomingMessage): Promise<Result<string>> {
  const declaredBytes = Number(request.headers["content-length"] ?? 0);
  const hasBody = declaredBytes > 0 || request.headers["transfer-encoding"] !== undefined;
  if (!hasBody) return ok("");
  const wrongType = mediaTypeProblem(request);
  if (wrongType) return no(wrongType);
  if (declaredBytes > BODY_DISCARDED_BYTES_MAX) return no(tooLarge(declaredBytes));
  const bytes = await readBytes(request);
  if (!bytes.ok) return bytes;
  try {
    return ok(new TextDecoder("utf-8", { fatal: true }).decode(bytes.value));
  } catch {
    return no(problem("INVALID_ARGUMENT", "body must be UTF-8", { field: "body", allowed: "UTF-8" }));
  }
}

async function readBytes(request: IncomingMessage): Promise<Result<Uint8Array>> {
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    byteCount += chunk.length;
    if (byteCount <= BODY_BYTES_MAX) chunks.push(chunk);
    else chunks.length = 0; // Read on without keeping it: an answer sent now would be lost in the reset.
    if (byteCount > BODY_DISCARDED_BYTES_MAX) break;
  }
  return byteCount <= BODY_BYTES_MAX ? ok(Buffer.concat(chunks)) : no(tooLarge(byteCount));
}

export function tooLarge(byteCount: number): Problem {
  const details = { field: "body", got: byteCount, allowed: BODY_BYTES_MAX };
  return problem("PAYLOAD_TOO_LARGE", `a body has at most ${BODY_BYTES_MAX} bytes`, details);
}

function mediaTypeProblem({ headers }: IncomingMessage): Problem | null {
  const type = headers["content-type"] ?? "";
  if (!/^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(type)) {
    return unsupported("Content-Type", type, "application/json in UTF-8");
  }
  const encoding = headers["content-encoding"] ?? "identity";
  return encoding === "identity" ? null : unsupported("Content-Encoding", encoding, "identity");
}

function unsupported(field: string, got: string, allowed: string): Problem {
  return problem("UNSUPPORTED_MEDIA_TYPE", `${field} must be ${allowed}`, { field, got: got.slice(0, 120), allowed });
}
