import { connect } from "node:net";

/** How long a peer that says nothing counts as having nothing to say, in milliseconds. */
const SILENCE = 500;

/**
 * Talks to a port of this machine: waits for what the peer says, sends a piece, and so on. Gives all that was heard
 * until the peer was silent after the last piece, or closed.
 */
export function talk(port: number, pieces: readonly Uint8Array[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const left = [...pieces];
    let heard = "";
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const goOn = () => {
      const piece = left.shift();
      if (piece === undefined) socket.destroy();
      else {
        socket.write(piece);
        timer.refresh();
      }
    };
    const timer = setTimeout(goOn, SILENCE);
    socket.on("data", (chunk) => {
      heard += chunk.toString("latin1");
      // A whole reply: more of it would come at once.
      if (left.length > 0 && /^\d{3} .*\r\n$/m.test(heard.slice(heard.lastIndexOf("\n", heard.length - 2) + 1))) goOn();
      else timer.refresh();
    });
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(heard);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "ECONNRESET" && error.code !== "EPIPE") reject(error);
    });
  });
}
