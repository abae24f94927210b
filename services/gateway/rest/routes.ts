/**
 * Routes: what the google.api.http annotations say, read from the descriptors once at start.
 * In:  a service's descriptor.   Out: for a path and a verb the route and its path parameters, or why there is none.
 * Law: no route is written here; each is served with and without the prefix /api/v1. An annotation that this file
 *      cannot serve (patterns over several segments, part of a message as body) stops the start.
 * Not here: what becomes of a request (transcode.ts).
 */
import { type DescMethod, type DescMethodUnary, type DescService, getOption, hasOption } from "@bufbuild/protobuf";
import { http } from "#gen/google/api/annotations_pb.js";
import type { HttpRule } from "#gen/google/api/http_pb.js";
import { assert } from "#kit/assert.ts";
import { no, ok, problem, type Result } from "#wire/problem.ts";
import { URL_CHARS_MAX } from "../limits.ts";

export type Verb = "GET" | "POST" | "PUT" | "DELETE" | "PATCH";

export type Route = {
  readonly method: DescMethodUnary;
  readonly verb: Verb;
  /** As annotated, for example /sessions/{session_id}. */
  readonly template: string;
  /** The request message comes as JSON body; else as query parameters. */
  readonly hasBody: boolean;
  /** Status of a good answer. */
  readonly status: 200 | 201 | 204;
  readonly segments: readonly Segment[];
};

/** A literal, or the name of the field that the segment fills. */
export type Segment = { readonly literal: string } | { readonly parameter: string };

export type RouteMatch = { readonly route: Route; readonly parameters: Readonly<Record<string, string>> };

export const API_PREFIX = "/api/v1";

export function readRoutes(service: DescService): readonly Route[] {
  return service.methods.filter((method) => hasOption(method, http)).flatMap(routesOf);
}

function routesOf(method: DescMethod): Route[] {
  assert(method.methodKind === "unary", `${method.toString()}: only unary calls have routes`);
  const rule = getOption(method, http);
  return [rule, ...rule.additionalBindings].map((binding) => routeOf(method as DescMethodUnary, binding));
}

function routeOf(method: DescMethodUnary, rule: HttpRule): Route {
  const { case: pattern, value: template } = rule.pattern;
  assert(pattern !== undefined && pattern !== "custom", `${method.toString()}: the annotation names no verb`);
  assert(rule.body === "" || rule.body === "*", `${method.toString()}: body must be "*" or absent`);
  const segments = template.slice(1).split("/").map(segmentOf);
  const names = segments.flatMap((segment) => ("parameter" in segment ? [segment.parameter] : []));
  for (const name of names) {
    assert(
      method.input.fields.some((field) => field.name === name),
      `${template}: no field ${name} in the request`,
    );
  }
  const verb = pattern.toUpperCase() as Verb;
  const hasBody = rule.body === "*";
  return { method, verb, template, hasBody, status: statusOf(method, verb, names.length), segments };
}

function segmentOf(text: string): Segment {
  const parameter = /^\{([a-z_]+)\}$/.exec(text)?.[1];
  assert(parameter !== undefined || /^[a-z_-]+$/.test(text), `a path segment ${text} is not served here`);
  return parameter === undefined ? { literal: text } : { parameter };
}

/** Nothing to tell is 204; POST on a collection, which has no id in its path, creates: 201. */
function statusOf(method: DescMethod, verb: Verb, parameterCount: number): Route["status"] {
  if (method.output.typeName === "google.protobuf.Empty") return 204;
  return verb === "POST" && parameterCount === 0 ? 201 : 200;
}

/** `path` without query. HEAD is served as GET. */
export function findRoute(routes: readonly Route[], verb: string, path: string): Result<RouteMatch> {
  const parts = path.length <= URL_CHARS_MAX ? splitPath(path) : null;
  const sought = verb === "HEAD" ? "GET" : verb;
  const allowed = new Set<string>();
  for (const route of parts ? routes : []) {
    const parameters = matchSegments(route.segments, parts ?? []);
    if (!parameters) continue;
    if (route.verb === sought) return ok({ route, parameters });
    allowed.add(route.verb);
  }
  if (allowed.size === 0) return no(problem("NOT_FOUND", "there is no such path here; GET /openapi.json lists them"));
  if (allowed.has("GET")) allowed.add("HEAD");
  const verbs = [...allowed].sort();
  return no(problem("METHOD_NOT_ALLOWED", `this path takes ${verbs.join(", ")}`, { got: verb, allowed: verbs }));
}

function splitPath(path: string): string[] | null {
  const bare = path.startsWith(`${API_PREFIX}/`) ? path.slice(API_PREFIX.length) : path;
  return bare.startsWith("/") ? bare.slice(1).split("/") : null;
}

function matchSegments(segments: readonly Segment[], parts: readonly string[]): Record<string, string> | null {
  if (segments.length !== parts.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] as string;
    if ("literal" in segment) {
      if (segment.literal !== part) return null;
    } else parameters[segment.parameter] = part;
  }
  return parameters;
}
