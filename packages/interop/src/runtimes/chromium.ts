/** Chromium without a window: a browser has no sockets, but runs everything else. */

import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Report } from "../../runtimes/conformance/report.ts";
import { type Check, type Peer, versionIn } from "../check.ts";
import { freePort } from "../system/daemon.ts";
import type { World } from "../world.ts";
import { partOf, programChecks } from "./checks.ts";
import { projectOf } from "./project.ts";

const QUIET = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
  ...["--disable-background-networking", "--disable-component-update"],
];

/** Runs one program, and sends what it found to where it came from. */
const page = (path: string) => `<!doctype html>
<script type="module">
  const report = async () => {
    if (${JSON.stringify(path)} === "/counts") return (await import("/import-all-bundled.js")).counts;
    return (await import("/conformance.js")).conformance();
  };
  const body = await report().then(JSON.stringify, (error) => JSON.stringify({ error: String(error) }));
  await fetch(location.href, { method: "POST", body });
</script>
`;

export const chromium: Peer = {
  name: "chromium",
  parts: partOf("client", "server"),

  version: async (world) =>
    versionIn((await world.require("chromium", ["--version"])).stdout.toString(), /^Chromium (\S+)/),

  checks(world: World): Promise<readonly Check[]> {
    return programChecks(
      world,
      "chromium",
      async () => (await visit(world, "/counts")) as Record<string, number>,
      async () => (await visit(world, "/conformance")) as Report,
    );
  },
};

/**
 * Serves the page, has it visited with a new profile, and gives what it sends back.
 *
 * @throws Error with what went wrong in it
 */
async function visit(world: World, path: string): Promise<unknown> {
  const { conformance, importAllBundled } = await projectOf(world);
  const scripts = new Map([
    ["/conformance.js", await readFile(conformance)],
    ["/import-all-bundled.js", await readFile(importAllBundled)],
  ]);
  const server = createServer();
  const sent = new Promise<string>((resolve, reject) => {
    server.on("request", (request, response) => {
      const script = scripts.get(request.url ?? "");
      if (request.method === "POST") text(request).then(resolve, reject);
      response.setHeader("content-type", script === undefined ? "text/html" : "text/javascript");
      response.end(request.method === "POST" ? "" : (script ?? page(path)));
    });
  });
  const port = await listen(server);
  const folder = await world.emptyRoom(`chromium${path.replace("/", "-")}`);
  // That it can be debugged is how it shows that it runs.
  const debugging = await freePort();
  const browser = await world.start({
    command: "chromium",
    args: [
      ...QUIET,
      `--user-data-dir=${folder}/profile`,
      `--remote-debugging-port=${debugging}`,
      `http://127.0.0.1:${port}${path}`,
    ],
    folder,
    port: debugging,
  });
  try {
    const found = JSON.parse(await sent) as { readonly error?: string };
    if (found.error !== undefined) throw new Error(found.error);
    return found;
  } finally {
    await browser.stop();
    server.closeAllConnections();
    server.close();
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
