/** getmail6: POP3 with USER and PASS and APOP, over implicit TLS and without TLS, into a Maildir. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Check, type Peer, versionIn } from "../check.ts";
import { type Fetched, type Fetcher, type Fetching, fetchingChecks } from "../checks/fetching.ts";
import { messagesIn, withCrlf } from "../checks/folder.ts";
import type { Part } from "../covered/feature.ts";
import { nobody } from "../system/process.ts";
import { BOB, fillIn, type Servers, secretOf, type World } from "../world.ts";

const POP3: Part = {
  role: "client",
  protocol: "POP3",
  mechanisms: ["APOP"],
  lacks: ["empty", "STARTTLS", "TOP", "RSET", "unknown mechanism", "PIPELINING"],
};

const FAILED = 127;

export const getmail: Peer = {
  name: "getmail",
  parts: [POP3],

  async version(world: World): Promise<string> {
    return versionIn((await world.run("getmail", ["--version"])).stdout.toString(), /^getmail (\S+)/);
  },

  checks: (world): readonly Check[] => fetchingChecks(world, fetcherIn(world)),
  fetcher: fetcherIn,
};

function fetcherIn(world: World): Fetcher {
  return {
    part: POP3,
    mechanisms: ["USER", "APOP"],
    tls: "implicit TLS",
    fetch: (servers, how) => fetch(world, servers, how),
    deletes: true,
    // After the header field that it adds is an empty line if the message has no header section.
    fetched: ({ name, canonical }) =>
      ["dots", "empty"].includes(name) ? Buffer.concat([Buffer.from("\r\n"), canonical]) : canonical,
    uses: ["LIST", "UIDL", "DELE"],
    refusals: { "wrong password": { status: FAILED, text: "authentication failed" }, cut: { status: "failure" } },
  };
}

async function fetch(world: World, { pop3Port }: Servers, how: Fetching): Promise<Fetched> {
  const { tls, mechanism, isRight } = how;
  const folder = await world.room("getmail", nobody); // it delivers nothing as root
  try {
    for (const name of ["in", "in/new", "in/cur", "in/tmp"]) await mkdir(join(folder, name));
    const values = {
      TYPE: tls === "implicit TLS" ? "SimplePOP3SSLRetriever" : "SimplePOP3Retriever",
      PORT: pop3Port,
      USER: BOB,
      PASSWORD: secretOf(BOB, mechanism, isRight),
      FOLDER: folder,
      TLS: [
        ...(mechanism === "APOP" ? ["use_apop = true"] : []),
        ...(tls === "none" ? [] : [`ca_certs = ${join(folder, "cert.pem")}`]),
      ].join("\n"),
    };
    await writeFile(join(folder, "getmailrc"), await fillIn(new URL("getmail.rc", import.meta.url), values));
    if (nobody.uid !== undefined) await world.require("chown", ["-R", String(nobody.uid), folder]);
    const outcome = await world.run("getmail", [`--getmaildir=${folder}`], { as: nobody });
    const messages = (await messagesIn(join(folder, "in/new"))).map(withCrlf);
    return { outcome, messages: messages.map(withoutReturnPath) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const RETURN_PATH = Buffer.from("Return-Path: <unknown>\r\n");

/** It puts a header field in front. */
function withoutReturnPath(octets: Buffer): Buffer {
  return octets.indexOf(RETURN_PATH) === 0 ? octets.subarray(RETURN_PATH.length) : octets;
}
