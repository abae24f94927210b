/**
 * gRPC auth: an interceptor that knows the caller before grpc-js reads a byte of the request.
 * In:  a call's path and metadata.   Out: the call goes on and its principal is found by its metadata; or its status.
 * Law: every service but health and reflection needs a token; those two say nothing of sessions.
 */
import { type Metadata, ServerInterceptingCall, type ServerInterceptor, ServerListenerBuilder } from "@grpc/grpc-js";
import type { Principal } from "#auth/principal.ts";
import { assert } from "#kit/assert.ts";
import type { CallRules } from "./calls.ts";
import { grpcStatusOf, problemOf } from "./errors.ts";

export type GrpcAuth = {
  readonly interceptor: ServerInterceptor;
  /** Whom the interceptor let in with this call. */
  principalOf(call: KnownCall): Principal;
};

/** What grpc-js's calls of all kinds have in common. */
export type KnownCall = { readonly metadata: Metadata; getPath(): string };

/** Which token the methods of a path prefix need. */
export type DoorKind = "user" | "internal" | "open";

export function createGrpcAuth(rules: CallRules, doorOf: (path: string) => DoorKind): GrpcAuth {
  const principals = new WeakMap<Metadata, Principal>();

  async function enter(path: string, metadata: Metadata): Promise<void> {
    const door = doorOf(path);
    if (door === "open") return;
    const authorization = metadata.get("authorization")[0]?.toString();
    if (door === "internal") await rules.auth.internal(authorization);
    else principals.set(metadata, await rules.auth.user(authorization));
  }

  const interceptor: ServerInterceptor = (method, call) => {
    const { path } = method;
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, goOn) => {
        enter(path, metadata).then(
          () => goOn(metadata),
          (error: unknown) => call.sendStatus(grpcStatusOf(problemOf(error, { log: rules.log, method: path }))),
        );
      })
      .build();
    return new ServerInterceptingCall(call, { start: (next) => next(listener) });
  };

  return {
    interceptor,
    principalOf: (call) => {
      const principal = principals.get(call.metadata);
      assert(principal !== undefined, `${call.getPath()} was reached without a principal`);
      return principal;
    },
  };
}
