import { connect, SessionsClient } from "#client/index.ts";

const url = process.env["GATEWAY"] ?? "http://localhost:8080";
const tokens = process.argv.slice(2);
const [host] = tokens.map((token) => new SessionsClient({ url, token }));
const match = await host!.create({ game_mode: "deathmatch", max_rounds: 1, score_limit: 3 });
if (!match.ok) throw new Error(match.refusal.message);
const sessionId = match.value.id;

for (const token of tokens) {
  await new SessionsClient({ url, token }).join(sessionId);
  const socket = connect({ url, sessionId, token, onMessage: tell, onDown: () => clearInterval(timer) });
  const timer = setInterval(() => {
    const me = socket.view.you;
    const foe = [...socket.view.players.values()].find((player) => player.playerId !== me?.playerId);
    if (!me?.alive || !foe?.alive) return;
    const [dx, dy] = [foe.position.x - me.position.x, foe.position.y - me.position.y];
    const step = 0.25 / Math.max(1, Math.hypot(dx, dy)); // A quarter of a metre, 20 times a second.
    socket.move({ x: me.position.x + dx * step, y: me.position.y + dy * step, z: 0 });
    if (me.ammunition > 0) socket.attack({ targetId: foe.playerId });
    else socket.reload();
  }, 50);
}
await host!.update(sessionId, { status: "active" });

function tell(message: { type: string }): void {
  if (message.type === "combat_event") console.log(JSON.stringify(message));
}
