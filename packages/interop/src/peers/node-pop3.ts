/** node-pop3: POP3 with USER and PASS, over implicit TLS and without TLS, through the script beside this file. */
import { fileURLToPath } from "node:url";
import { type Check, expectCount, expectStatus, expectText, type Peer } from "../check.ts";
import { type Fetcher, fetchingChecks } from "../checks/fetching.ts";
import type { Tls } from "../checks/tls.ts";
import { type FeatureName, type Part, shows } from "../covered/feature.ts";
import { npmVersion } from "../system/npm.ts";
import type { Outcome } from "../system/process.ts";
import { BOB, type Sample, type Servers, secretOf, type World } from "../world.ts";

/** It leaves dots stuffed. */
const POP3: Part = {
  role: "client",
  protocol: "POP3",
  mechanisms: [],
  lacks: ["dots", "STARTTLS", "unknown mechanism", "PIPELINING"],
};

/** The script's exit status when the server refused; its reply is printed. */
const REFUSED = 3;

export const nodePop3: Peer = {
  name: "node-pop3",
  parts: [POP3],

  version: () => npmVersion("node-pop3"),

  checks(world: World): readonly Check[] {
    return [...fetchingChecks(world, fetcherIn(world)), ...visits(world)];
  },

  fetcher: fetcherIn,
};

function fetcherIn(world: World): Fetcher {
  return {
    part: POP3,
    mechanisms: ["USER"],
    tls: "implicit TLS",
    fetch: async (servers, { tls, isRight }) => {
      const outcome = await visit(world, servers, "retr", tls, isRight);
      const messages = outcome.status === 0 ? (JSON.parse(outcome.stdout.toString()) as string[]) : [];
      return { outcome, messages: messages.map((text) => withLastLineEnd(Buffer.from(text, "base64"))) };
    },
    deletes: false,
    fetched: stillStuffed,
    uses: ["LIST"],
    refusals: { "wrong password": { status: REFUSED }, cut: { status: "failure" } },
  };
}

/** It takes the CRLF of the last line for a part of the line with the dot. */
function withLastLineEnd(octets: Buffer): Buffer {
  return octets.length > 0 ? Buffer.concat([octets, Buffer.from("\r\n")]) : octets;
}

/** Every dot that was stuffed. */
function stillStuffed({ canonical }: Sample): Uint8Array {
  return Buffer.from(Buffer.from(canonical).toString("latin1").replace(/^\./gm, ".."), "latin1");
}

function visit(world: World, { pop3Port: port }: Servers, action: string, tls: Tls, isRight = true): Promise<Outcome> {
  const path = fileURLToPath(new URL("node-pop3.mjs", import.meta.url));
  const options = {
    port,
    ca: world.ca,
    tls: tls !== "none",
    user: BOB,
    password: secretOf(BOB, "USER", isRight),
    action,
  };
  return world.run(process.execPath, [path, JSON.stringify(options)]);
}

function visits(world: World): Check[] {
  const two = [world.sample("utf-8").canonical, world.sample("multipart").canonical];
  const check = (
    title: string,
    features: readonly FeatureName[],
    action: string,
    printed: (servers: Servers) => string,
    left = 2,
  ): Check => ({
    title,
    covers: shows(POP3, ...features),
    run: () =>
      world.serve({ implicitTls: true }, async (servers) => {
        for (const octets of two) servers.maildrops.store(BOB, octets);
        const expected = printed(servers); // before anything is deleted
        const outcome = await visit(world, servers, action, "implicit TLS");
        expectStatus(outcome, 0);
        expectText(outcome.stdout.toString(), expected);
        expectCount(servers.maildrops.list(BOB), left);
      }),
  });
  const [first, second] = two.map(({ length }) => String(length));
  const text = Buffer.from(two[0]!).toString();
  return [
    check("lists sizes and unique-ids", ["LIST", "UIDL"], "list", ({ maildrops }) => {
      const uniqueIds = maildrops.list(BOB).map(({ uniqueId }, at) => [String(at + 1), uniqueId]);
      return JSON.stringify([
        ["1", first],
        ["2", second],
      ]).concat(",", JSON.stringify(uniqueIds));
    }),
    check("asks for the top of a message", ["TOP"], "top", () =>
      JSON.stringify(text.slice(0, text.indexOf("\r\n\r\n") + 2)),
    ),
    check("deletes a message", ["DELE"], "dele", () => "", 1),
    check("takes a deletion back", ["RSET"], "rset", () => ""),
  ];
}
