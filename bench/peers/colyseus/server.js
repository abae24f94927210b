/**
 * Colyseus: the same game as its guide would have it: a room of twenty, whose state holds where each stands and the number of
 * the last input; the server tells what changed in it sixty times a second. What clients say is believed.
 * In:  clients of Colyseus that come with the number of their match and their slot.   Out: patches of the state to all of a room.
 *      The port as a message to the starter.
 * Why not TypeScript: its types are there only when it is installed, and the rest is checked without it.
 */
import { createServer } from "node:http";
import { Room, Server } from "@colyseus/core";
import { schema, t } from "@colyseus/schema";
import { WebSocketTransport } from "@colyseus/ws-transport";

const PLAYERS = 20;
const PATCHES_PER_S = 60;

const Player = schema({
  x: t.float32(),
  y: t.float32(),
  z: t.float32(),
  yaw: t.float32(),
  slot: t.uint8(),
  lastInput: t.uint32(),
});
const Match = schema({ players: t.map(Player) });

class Arena extends Room {
  maxClients = PLAYERS;
  patchRate = 1000 / PATCHES_PER_S;

  onCreate() {
    this.state = new Match();
    this.onMessage("move", (client, { seq, x, y, z }) => {
      const player = this.state.players.get(client.sessionId);
      Object.assign(player, { x, y, z, lastInput: seq });
    });
  }

  onJoin(client, { slot }) {
    const player = new Player();
    Object.assign(player, { x: 0, y: 0, z: 0, yaw: 0, slot, lastInput: 0 });
    this.state.players.set(client.sessionId, player);
  }
}

const http = createServer();
const server = new Server({
  transport: new WebSocketTransport({ server: http }),
  greet: false,
  gracefullyShutdown: false,
});
server.define("arena", Arena).filterBy(["match"]);
await server.listen(0, "127.0.0.1");
process.on("disconnect", () => process.exit(0));
process.send?.({ port: http.address().port });
