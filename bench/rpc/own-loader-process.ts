/**
 * Own loader process: makes the calls of one load over one connection and ends.
 * In:  the load as a message.   Out: what came of it.
 * Law: at a rate, calls are made whether answers come or not, and an answer's time counts from when its call is made.
 */
import { fromJson, type JsonValue, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { CombatSessionService } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { Latencies } from "../measure/latencies.ts";
import { OpenLoop } from "../measure/open-loop.ts";
import type { Load, Measured } from "./load.ts";

const BEAT_MS = 1;
const CALL_MS_MAX = 20_000;
const asIs = (bytes: Buffer) => bytes;

async function measure({ target, method, requests, calls, token, pace }: Load): Promise<Measured> {
  const { input, parent, name } = CombatSessionService.method[method];
  const bodies = requests.map((request) => Buffer.from(toBinary(input, fromJson(input, request as JsonValue))));
  const path = `/${parent.typeName}/${name}`;
  const client = new Client(target, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${token}`);
  const latencies = new Latencies();
  const failed: Record<string, number> = {};
  let made = 0;
  let answered = 0;
  const all = Promise.withResolvers<void>();
  const call = (then: () => void) => {
    const body = bodies[made++ % bodies.length]!;
    const fromMs = performance.now();
    const deadline = Date.now() + CALL_MS_MAX;
    client.makeUnaryRequest(path, asIs, asIs, body, metadata, { deadline }, (error: ServiceError | null) => {
      if (error === null) latencies.record(performance.now() - fromMs);
      else failed[error.message] = (failed[error.message] ?? 0) + 1;
      if (++answered === calls) all.resolve();
      else then();
    });
  };
  const again = () => {
    if (made < calls) call(again);
  };
  const fromMs = performance.now();
  const loop =
    pace.kind === "open" &&
    new OpenLoop((count) => {
      for (let due = Math.min(count, calls - made); due > 0; due--) call(() => {});
    }, BEAT_MS);
  if (loop && pace.kind === "open") loop.setRate(pace.perSecond);
  if (pace.kind === "closed") for (let at = 0; at < pace.callers; at++) again();
  await all.promise;
  if (loop) loop.stop();
  const seconds = (performance.now() - fromMs) / 1000;
  client.close();
  const [p50Ms, p99Ms] = [latencies.percentile(50), latencies.percentile(99)];
  return { calls, perSecond: calls / seconds, p50Ms, p99Ms, failed };
}

process.on("disconnect", () => process.exit(0));
process.once("message", (load: Load) => void measure(load).then((measured) => process.send?.(measured)));
