import { writeFileSync } from "node:fs";
import { fromBinary } from "@bufbuild/protobuf";
import { ServerMessageSchema } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { publicServerMessage } from "#gateway/codec/encode.ts";
import { encode, SessionsClient } from "#client/index.ts";
import { loadAuthConfig } from "#auth/auth-config.ts";
import { createIssuer } from "#auth/issuer.ts";
import { systemClock } from "#kit/clock.ts";
const url = "http://localhost:18080";
const A = "11111111-1111-4111-8111-111111111111", B = "22222222-2222-4222-8222-222222222222", S = "33333333-3333-4333-8333-333333333333";
const issuer = createIssuer(await loadAuthConfig(process.env), systemClock);
const tok = (sub: string, ttlSeconds = 600) => issuer.user({ sub, roles: ["player"], ttlSeconds });
const out: Record<string, { json: unknown; base64: string }> = {};
const a = new SessionsClient({ url, token: await tok(A) });
const c = await a.create({ game_mode: "deathmatch", max_rounds: 1, score_limit: 1, respawn_seconds: 0, participants: [{ player_id: A }, { player_id: B }], auto_start: false });
if (!c.ok) throw new Error(JSON.stringify(c.refusal));
const id = c.value.id;
const view: any = { pos: {} };
function open(token: string, path = "") {
  const ws = new WebSocket(`ws://localhost:18080/ws/sessions/${id}${path}${path.includes("?") ? "&" : "?"}token=${token}`, "combat.v1.protobuf");
  ws.binaryType = "arraybuffer";
  ws.onclose = (e) => console.log("close", e.code, e.reason);
  ws.onmessage = (e) => {
    const m = fromBinary(ServerMessageSchema, new Uint8Array(e.data as ArrayBuffer));
    const j: any = publicServerMessage(m, { sessionId: id, playerIds: [A, B] });
    let k = j.type; if (k === "combat_event") k += `:${j.event}`; if (k === "action_result") k += j.success ? (j.hit?.hit ? ":hit" : ":ok") : ":no";
    if (k === "state_update" && (m.body.value as any).players.length !== 1) return;
    if (j.type === "state_update" || j.type === "session_state") for (const p of j.players) view.pos[p.player_id] = p;
    if (k === "session_state" && out[k]) return;
    out[k] = { json: j, base64: Buffer.from(e.data as ArrayBuffer).toString("base64") };
  };
  return new Promise<WebSocket>((r) => { ws.onopen = () => r(ws); });
}
let seq = 0;
const say = (ws: WebSocket, type: any, data: any) => ws.send(encode({ type, data, seq: /position|action/.test(type) ? ++seq : 0, timestampMs: Date.now() } as any, "protobuf") as any);
const nap = (ms: number) => new Promise((r) => setTimeout(r, ms));
const wa = await open(await tok(A, 64));
let wb = await open(await tok(B));
const ws = await open(await tok(S), "/spectate?camera_mode=cinematic");
console.log((await a.update(id, { status: "active" })).ok);
await a.update(id, { status: "paused" }); await nap(100); await a.update(id, { status: "active" }); await nap(100);
say(wa, "ping", { t: 1234.5 });
say(wa, "combat_action", { action_type: "reload" });
say(wa, "position_update", { x: 1, y: 1, z: 0 });
wa.send(new Uint8Array([0x08, 0x01]));
await nap(300);
wb.close(); await nap(200); wb = await open(await tok(B)); await nap(200);
for (let i = 0; i < 900 && !out["combat_event:session_ended"]; i++) {
  const p = view.pos[A], q = view.pos[B];
  const d = Math.hypot(q.position.x - p.position.x, q.position.y - p.position.y);
  const s = d > 5 ? 0.6 / d : 0;
  say(wa, "position_update", { x: p.position.x + (q.position.x - p.position.x) * s, y: p.position.y + (q.position.y - p.position.y) * s, z: 0, yaw: 45, pitch: 0, stance: "stand" });
  if (i % 2) say(wa, "combat_action", p.ammunition ? { action_type: "attack", target_id: B, client_tick: 100 } : { action_type: "reload" });
  await nap(100);
}
await nap(500);
// leaving, in a second match
const d = await a.create({ game_mode: "deathmatch", participants: [{ player_id: A }, { player_id: B }] });
if (d.ok) { const w = new WebSocket(`ws://localhost:18080/ws/sessions/${d.value.id}/spectate?token=${await tok(S)}`, "combat.v1.protobuf"); w.binaryType = "arraybuffer";
 w.onmessage = (e) => { const m = fromBinary(ServerMessageSchema, new Uint8Array(e.data as ArrayBuffer)); const j: any = publicServerMessage(m, { sessionId: d.value.id, playerIds: [A, B] }); if (j.event === "player_left") out["combat_event:player_left"] = { json: j, base64: Buffer.from(e.data as ArrayBuffer).toString("base64") }; if (j.event === "player_joined") out["combat_event:player_joined"] = { json: j, base64: Buffer.from(e.data as ArrayBuffer).toString("base64") }; };
 await new Promise((r) => { w.onopen = r; }); await nap(200); await new SessionsClient({ url, token: await tok(B) }).leave(d.value.id); await new SessionsClient({ url, token: await tok("44444444-4444-4444-8444-444444444444") }).join(d.value.id); await nap(500); await a.end(d.value.id); }
writeFileSync("/tmp/docs/rec.json", JSON.stringify(out, null, 1));
for (const k of Object.keys(out)) console.log(k, JSON.stringify(out[k]!.json).slice(0, 200));
process.exit(0);
