/** yapople of npm, a POP3 client that only the atlas asks. */
import { fileURLToPath } from "node:url";
import type { Fetcher } from "../checks/fetching.ts";
import { BOB, PASSWORD, type World } from "../world.ts";

export function yapopleFetcher(world: World): Fetcher {
  const script = fileURLToPath(new URL("../peers/yapople.mjs", import.meta.url));
  return {
    part: { role: "client", protocol: "POP3", mechanisms: [], lacks: ["STARTTLS"] },
    mechanisms: [],
    deletes: false,
    refusals: {},
    fetch: async ({ pop3Port: port }) => {
      const options = JSON.stringify({ port, user: BOB, password: PASSWORD });
      const outcome = await world.run(process.execPath, [script, options]);
      const messages = outcome.status === 0 ? (JSON.parse(outcome.stdout.toString()) as string[]) : [];
      return { outcome, messages: messages.map((text) => Buffer.from(text, "base64")) };
    },
  };
}
