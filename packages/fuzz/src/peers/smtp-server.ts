/** smtp-server of npm, in this process: `pnpm fuzz --peer smtp-server`. */
import { wireForm } from "dot-stuffing/arbitraries";
import fc from "fast-check";
import { SMTPServer } from "smtp-server";
import { envelope, smuggle } from "./smuggling.ts";
import { talk } from "./talk.ts";

/** Its server's framing, and what it hands out of correct wire forms. */
export async function fuzzSmtpServer(runs = 40, seed = 1): Promise<void> {
  let received: Buffer[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    logger: false,
    onData(stream, _, callback) {
      stream.on("data", (chunk: Buffer) => received.push(chunk));
      stream.on("end", () => callback());
    },
  });
  server.on("error", () => {});
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.server.address() as { port: number };
  await smuggle("smtp-server", port);

  let same = 0;
  const differing: { readonly wire: string; readonly got: string }[] = [];
  for (const { wire, content } of fc.sample(wireForm({ maxLines: 3 }), { numRuns: runs, seed })) {
    received = [];
    await talk(port, [...envelope(), wire]);
    const got = Buffer.concat(received).toString("latin1");
    if (got === Buffer.from(content).toString("latin1")) same++;
    else differing.push({ wire: Buffer.from(wire).toString("latin1"), got });
  }
  console.log(`smtp-server: ${same} of ${runs} correct wire forms came out as their content, seed ${seed}`);
  const [shortest] = differing.sort((one, other) => one.wire.length - other.wire.length);
  if (shortest !== undefined)
    console.log(`  ${JSON.stringify(shortest.wire)} came out as ${JSON.stringify(shortest.got)}`);
  await new Promise<void>((closed) => server.close(closed));
}
