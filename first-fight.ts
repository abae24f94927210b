import { connect, SessionsClient } from "#client/index.ts";

const url = process.env["GATEWAY"] ?? "http://localhost:8080";
const [hunter = "", prey = ""] = process.argv.slice(2); // Two tokens.
const sessions = new SessionsClient({ url, token: hunter });
const created = await sessions.create({ game_mode: "deathmatch", max_rounds: 1, score_limit: 3 });
if (!created.ok) throw new Error(created.refusal.message);
const sessionId = created.value.id;
for (const token of [hunter, prey]) await new SessionsClient({ url, token }).join(sessionId);
connect({ url, sessionId, token: prey }); // Stands where it appears.
const socket = connect({
  url,
  sessionId,
  token: hunter,
  onMessage: (message) => message.type === "combat_event" && console.log(message.event, JSON.stringify(message.data)),
  onDown: ({ code, retryInMs }) => retryInMs === null && process.exit(code === 4510 ? 0 : 1),
});
await sessions.update(sessionId, { status: "active" });
setInterval(() => {
  const { you, players } = socket.view;
  const target = [...players.values()].find((player) => player.playerId !== you?.playerId);
  if (!you?.alive || !target?.alive) return;
  const [x, y] = [target.position.x - you.position.x, target.position.y - you.position.y];
  const step = Math.hypot(x, y) > 5 ? 0.6 / Math.hypot(x, y) : 0; // 6 m/s, up to five metres away.
  socket.move({ x: you.position.x + x * step, y: you.position.y + y * step, z: 0 });
  if (you.ammunition > 0) socket.attack({ targetId: target.playerId });
  else socket.reload();
}, 100);
