/**
 * Socket.IO: a relay among the sockets of a room as its guide would have it: WebSockets only, its default parser (JSON as text).
 * What clients say is believed.
 * In:  clients of Socket.IO that come with the number of their match.   Out: to each a welcome, then every move of the others.
 *      The port as a message to the starter.
 * Why not TypeScript: its types are there only when it is installed, and the rest is checked without it.
 */
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false });

io.on("connection", (socket) => {
  const match = String(socket.handshake.query.match);
  socket.join(match);
  socket.on("move", (move) => socket.to(match).emit("move", move));
  socket.emit("welcome");
});
http.listen(0, "127.0.0.1", () => process.send?.({ port: http.address().port }));
process.on("disconnect", () => process.exit(0));
