/**
 * Floor process: what fan-out costs at the least: ready frames written to the sockets of a room, by node:net alone.
 * In:  clients of wire-socket.ts, whose path names their room; orders as messages.   Out: the port; what a stretch cost.
 */
import { createHash } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { startCpu } from "../measure/cpu.ts";
import { OpenLoop } from "../measure/open-loop.ts";

export type FloorOrder = { readonly framesPerSecond: number; readonly bytes: number; readonly ms: number };
export type FloorAnswer = { readonly port: number } | { readonly cpuUsPerDelivery: number };

const BEAT_MS = 1;
const WEB_SOCKET_ID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const rooms = new Map<string, Socket[]>();

const server = createServer({ noDelay: true }, (socket) => {
  let head = "";
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    if (head.endsWith("\r\n\r\n")) return;
    head += chunk.toString("latin1");
    if (!head.endsWith("\r\n\r\n")) return;
    const path = head.split(" ")[1] ?? "";
    const key = /sec-websocket-key: (\S+)/i.exec(head)?.[1] ?? "";
    const accept = createHash("sha1")
      .update(key + WEB_SOCKET_ID)
      .digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.write(Buffer.from([0x82, 1, 0])); // The first frame says that it is in its room.
    const room = rooms.get(path);
    if (room) room.push(socket);
    else rooms.set(path, [socket]);
  });
});

async function measure({ framesPerSecond, bytes, ms }: FloorOrder): Promise<number> {
  const all = [...rooms.values()];
  const frame = Buffer.alloc(bytes);
  frame[0] = 0x82;
  frame[1] = 126;
  frame.writeUInt16BE(bytes - 4, 2);
  let deliveries = 0;
  let next = 0;
  const loop = new OpenLoop((count) => {
    for (let done = 0; done < count; done++) {
      const room = all[next++ % all.length]!;
      for (const socket of room) socket.write(frame);
      deliveries += room.length;
    }
  }, BEAT_MS);
  loop.setRate(framesPerSecond);
  await pause(ms / 4);
  deliveries = 0;
  const cpu = startCpu();
  await pause(ms);
  const { cores, seconds } = cpu();
  loop.stop();
  return (cores * seconds * 1e6) / deliveries;
}

process.on("disconnect", () => process.exit(0));
process.on("message", (order: FloorOrder) => {
  void measure(order).then((cpuUsPerDelivery) => process.send?.({ cpuUsPerDelivery }));
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as { port: number }).port }));
