/**
 * Fuzzes smtp-server from npm over loopback with the generators of `smtp-codec/arbitraries`: what it takes of hostile
 * sessions, family by family. `pnpm --dir packages/interop --ignore-workspace fuzz [sessions a family]`
 */
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { sample } from "fast-check";
import { type HostileSession, hostileFamilies, hostileSessions, SMUGGLED } from "smtp-codec/arbitraries";
import { SMTPServer } from "smtp-server";

const count = Number(process.argv[2] ?? 25);
/** So long nothing comes before a reply counts as none. In milliseconds. */
const PATIENCE = 250;

/** What the server made of one session. */
let senders: string[] = [];
let messages = 0;

const server = new SMTPServer({
  disabledCommands: ["AUTH"],
  disableReverseLookup: true,
  onMailFrom: ({ address }, _session, done) => {
    senders.push(address);
    done();
  },
  onData: (stream, _session, done) => {
    stream.resume();
    stream.on("end", () => {
      messages++;
      done(null);
    });
  },
});
const crashes: string[] = [];
server.on("error", (error) => crashes.push(error.message));
server.listen(0, "127.0.0.1");
await once(server.server, "listening");
const { port } = server.server.address() as AddressInfo;

/** Sends a session, each flight once the replies to the one before are there. */
async function play({ flights }: HostileSession): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  let ended = false;
  socket.on("data", (chunk) => (received += chunk.toString("latin1")));
  socket.on("close", () => (ended = true));
  socket.on("error", () => {});
  const replied = async (replies: number): Promise<void> => {
    for (let waited = 0; waited < PATIENCE && !ended; waited++) {
      if ((received.match(/^\d{3} /gm)?.length ?? 0) >= replies) return;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  await replied(1);
  for (const { bytes, replies } of flights) {
    received = "";
    socket.write(bytes);
    await replied(replies);
    if (ended) break;
  }
  socket.destroy();
}

console.log("family                         sessions  messages  too many  smuggled");
// It does not know BDAT, so that a chunk's octets are commands to it: nothing would be learnt from that.
for (const family of hostileFamilies.filter((each) => !each.startsWith("bdat"))) {
  const sum = { messages: 0, tooMany: 0, smuggled: 0 };
  for (const hostile of sample(hostileSessions({ families: [family] }), count)) {
    senders = [];
    messages = 0;
    await play(hostile);
    sum.messages += messages;
    if (messages > hostile.messages) sum.tooMany++;
    if (senders.includes(SMUGGLED)) sum.smuggled++;
  }
  const figures = [count, sum.messages, sum.tooMany, sum.smuggled].map((figure) => String(figure).padStart(8));
  console.log(`${family.padEnd(31)}${figures.join("  ")}`);
}
console.log(crashes.length === 0 ? "no errors of the server's" : `${crashes.length} errors, as: ${crashes[0]}`);
await new Promise<void>((resolve) => server.close(() => resolve()));
