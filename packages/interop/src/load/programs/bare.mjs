// What Node's sockets alone cost: replies to commands by their first letter, and no look at anything else: `bare.mjs port`.
import { createServer } from "node:net";

const replies = { E: "250 localhost\r\n", D: "354 go on\r\n", Q: "221 bye\r\n" };

createServer({ noDelay: true }, (socket) => {
  let inContent = false;
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    if (inContent) {
      if (chunk[chunk.length - 3] !== 0x2e || chunk[chunk.length - 4] !== 0x0a) return;
      inContent = false;
      socket.write("250 ok\r\n");
      return;
    }
    const verb = String.fromCharCode(chunk[0]);
    inContent = verb === "D";
    socket.write(replies[verb] ?? "250 ok\r\n");
    if (verb === "Q") socket.end();
  });
  socket.write("220 localhost\r\n");
}).listen(Number(process.argv[2]), "127.0.0.1");
