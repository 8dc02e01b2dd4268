/** Debian's python3: its client of POP3, and aiosmtpd. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { wireForm } from "dot-stuffing/arbitraries";
import fc from "fast-check";
import { Pop3ServerSession } from "pop3-codec";
import { uniqueIdListing } from "pop3-codec/arbitraries";
import { smuggle } from "./smuggling.ts";

/** Debian's own, which sees Debian's packages. */
const PYTHON = "/usr/bin/python3";
const script = (name: string) => fileURLToPath(new URL(`../src/peers/${name}`, import.meta.url));

/** What was started has ended before it did anything. */
export class NotStarted extends Error {}

/** `pnpm fuzz --peer aiosmtpd`, with Debian's python3-aiosmtpd. */
export async function fuzzAiosmtpd(): Promise<void> {
  const server = spawn(PYTHON, [script("aiosmtpd_server.py")], { stdio: ["pipe", "pipe", "inherit"] });
  const [port] = (await Promise.race([
    once(server.stdout, "data"),
    once(server, "exit").then(() => {
      throw new NotStarted();
    }),
  ])) as [Buffer];
  await smuggle("aiosmtpd", Number(String(port)));
  server.stdin.end();
  await once(server, "exit");
}

/** `pnpm fuzz --peer poplib`: Python's client fetches generated messages and listings from a session of ours. */
export async function fuzzPoplib(runs = 40, seed = 1): Promise<void> {
  const scenes = fc.sample(
    fc.tuple(wireForm({ maxLines: 4 }), fc.array(uniqueIdListing(), { minLength: 1, maxLength: 3 })),
    { numRuns: runs, seed },
  );
  let agreed = 0;
  const differing = new Map<string, string>();
  for (const [{ content }, ids] of scenes) {
    const uniqueIds = ids.map(({ uniqueId }) => uniqueId.slice(0, 70));
    const server = createServer((socket) => {
      const session = new Pop3ServerSession({ plaintextWithoutTls: true });
      const go = () => {
        for (const event of session) {
          if (event.type === "pass") session.accept({ sizes: uniqueIds.map(() => content.length), uniqueIds });
          else if (event.type === "retr") session.accept().content(content);
          else if (event.answer === "needed") session.accept();
        }
        for (const piece of session.takeOutputPieces()) socket.write(piece);
        if (session.waiting === "closed") socket.end();
      };
      socket.on("data", (chunk) => {
        session.receive(new Uint8Array(chunk));
        go();
      });
      socket.on("error", () => {});
      go();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { stdout } = await promisify(execFile)(PYTHON, [script("poplib_client.py"), String(port)]);
    server.close();
    const found = JSON.parse(stdout) as { error?: string; lines?: string[]; ids?: string[] };
    const wanted = String.fromCharCode(...content)
      .split("\r\n")
      .slice(0, -1);
    const wantedIds = uniqueIds.map((id, at) => `${at + 1} ${id}`);
    if (found.error !== undefined)
      differing.set(found.error, JSON.stringify(String.fromCharCode(...content)).slice(0, 80));
    else if (JSON.stringify(found.lines) !== JSON.stringify(wanted)) {
      differing.set("other lines", JSON.stringify({ wanted, got: found.lines }).slice(0, 300));
    } else if (JSON.stringify(found.ids) !== JSON.stringify(wantedIds)) {
      differing.set("other unique-ids", JSON.stringify({ wantedIds, got: found.ids }).slice(0, 300));
    } else agreed++;
  }
  console.log(`poplib: ${agreed} of ${runs} messages and listings came out as they went in, seed ${seed}`);
  for (const [what, example] of differing) console.log(`  ${what}: ${example}`);
}
