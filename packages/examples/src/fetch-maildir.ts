/**
 * A client that fetches by POP3 into a Maildir: only what is new, nothing twice, nothing lost, wherever the one before
 * it was cut off.
 *
 *     pnpm -C packages/examples exec tsx src/fetch-maildir.ts --host localhost --port 1100 --user bob@example.org \
 *       --password builder --ca /tmp/cert.pem --folder /tmp/fetched --ids /tmp/fetched.ids --remove
 *
 * The file of ids, one for each account, has a line for each message fetched. It is written after the message; one that
 * was stored by a run that ended before it could write the id is found in the Maildir, where its name is made of its
 * unique-id, and of its content: a server may give several messages the same unique-id (RFC 1939 §7). Beside the ids is
 * the report of the last run, which tells such messages apart, and what was to be removed.
 */

import { createHash } from "node:crypto";
import { open as openFile, readFile, truncate } from "node:fs/promises";
import { behind } from "dot-stuffing/streams";
import {
  type Pop3ClientEvent,
  Pop3ClientSession,
  Pop3Retrieval,
  type RetrievalEvent,
  type RetrievalReport,
} from "pop3-codec";
import { apopDigest, negotiate } from "sasl";
import { saslprep } from "sasl/saslprep";
import { main, readArguments, readPort, required } from "./cli/arguments.ts";
import { Maildir } from "./storage/maildir.ts";
import { type NewFile, readIfThere, writeDurably } from "./storage/new-file.ts";
import { drive } from "./transport/drive.ts";
import { open, tlsClient } from "./transport/node.ts";

export interface FetchIntoOptions {
  /** Also the name that the server's certificate must have. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly ca?: string;
  /** The Maildir. */
  readonly folder: string;
  /** The file of the unique-ids of messages that were fetched; the last run's report is beside it, in `IDS.report`. */
  readonly ids: string;
  /** Whether messages are removed from the server once they are stored. Default false. */
  readonly remove?: boolean;
}

/**
 * Fetches what is new.
 *
 * @returns how many messages came to be in the Maildir
 * @throws Error saying why it did not come to an end. What was stored by then is stored, and is not fetched again.
 */
export async function fetchInto(options: FetchIntoOptions): Promise<number> {
  const { host, port, user, password } = options;
  const maildir = await Maildir.open(options.folder);
  const known = await readIds(options.ids);
  const resume = await readReport(`${options.ids}.report`);
  const names = new Set((await maildir.list()).map(({ name }) => name));
  const stored = new Set(Array.from(names, (name) => name.split(".")[0]!));
  const nameOf = (uniqueId: string) => createHash("sha256").update(`${user}@${host} ${uniqueId}`).digest("hex");

  const connection = await open(host, port, tlsClient(host, options.ca));
  const session = new Pop3ClientSession({ requireTls: true });
  let retrieval: Pop3Retrieval | null = null;
  let file: NewFile | null = null; // the message that is coming
  let content = createHash("sha256"); // of that
  let failure: string | null = null;
  let count = 0;

  /** The message has come whole. One of the same unique-id and the same content is the same. */
  const store = async (uniqueId: string | null): Promise<void> => {
    const name = uniqueId === null ? undefined : `${nameOf(uniqueId)}.${content.digest("hex")}`;
    content = createHash("sha256");
    file ??= await maildir.begin(); // a message without any octet
    if (name !== undefined && names.has(name)) await file.discard();
    else {
      await maildir.deliver(file, name);
      count++;
    }
    if (name !== undefined) names.add(name);
    file = null;
  };

  /** What is asked for, and then what has come, is known to the next run, also where this one is killed. */
  const keepReport = async (): Promise<void> => {
    if (retrieval !== null) await writeDurably(`${options.ids}.report`, JSON.stringify(retrieval.report));
  };

  const on = async (event: Pop3ClientEvent | RetrievalEvent): Promise<void> => {
    switch (event.type) {
      case "login":
        if (!event.ok) failure = `no login: ${event.failure}`;
        break;
      case "known":
        // Stored by a run that was to leave it, or that ended before it could remove it.
        if (options.remove) retrieval!.remove();
        break;
      case "content":
        file ??= await maildir.begin();
        content.update(event.bytes);
        await file.write(event.bytes); // awaited: until then the octets are the transport's
        break;
      case "listed":
        await keepReport();
        break;
      case "fetched": {
        // Stored, then noted, and only with the next event removed on the server.
        const { uniqueId } = event.message;
        await store(uniqueId);
        if (uniqueId !== null) await noteId(options.ids, uniqueId);
        break;
      }
      case "done":
        if (!event.report.complete) failure ??= `not complete: ${event.report.failure}`;
        break;
      case "closed":
        if (event.cause !== "quit") failure ??= `the connection ended: ${event.cause}`;
        break;
    }
  };

  /** Nothing is under way: what comes next follows from where the session stands. */
  const decide = (): void => {
    if (failure !== null) session.quit();
    else if (session.state === "authorization") {
      const { channelBindings } = connection;
      session.login({
        choose: (offered) => {
          const credentials = { authenticationIdentity: user, password, channelBindings, prepare: saslprep };
          return negotiate(offered, credentials, { tls: session.tls }).mechanism;
        },
        name: user,
        apop: (timestamp) => apopDigest(timestamp, password),
        password,
        stls: "required",
      });
    } else {
      const has = (uniqueId: string) => known.has(uniqueId) || stored.has(nameOf(uniqueId));
      retrieval = new Pop3Retrieval(session, {
        known: { has },
        afterFetching: options.remove ? "remove" : "leave",
        resume,
      });
    }
  };

  const driven = behind<Pop3ClientEvent | RetrievalEvent>(session, () => retrieval);
  try {
    await drive(driven, connection, { on, decide });
  } finally {
    await (file as NewFile | null)?.discard();
    await keepReport();
  }
  if (failure !== null) throw new Error(failure);
  return count;
}

async function readIds(path: string): Promise<Set<string>> {
  const lines = await readIfThere(path);
  if (lines === null) return new Set();
  // A last line without its end was not written to its end. It goes: the next id would be appended to it.
  const end = lines.lastIndexOf("\n") + 1;
  if (end < lines.length) await truncate(path, end);
  return new Set(lines.toString("utf8", 0, end).split("\n").slice(0, -1));
}

/** The report of a run that did not come to its end. */
async function readReport(path: string): Promise<RetrievalReport | undefined> {
  const text = await readIfThere(path);
  const report: RetrievalReport | null = text === null ? null : JSON.parse(text.toString());
  return report === null || report.complete ? undefined : report;
}

/** Once this resolves, the id is on the disk. */
async function noteId(path: string, uniqueId: string): Promise<void> {
  const file = await openFile(path, "a");
  await file.writeFile(`${uniqueId}\n`);
  await file.sync();
  await file.close();
}

await main(import.meta.url, async () => {
  const usage = `usage: pnpm -C packages/examples exec tsx src/fetch-maildir.ts [options]
  --host HOST          the server, as its certificate names it; default localhost
  --port N
  --user NAME
  --password WORD
  --ca FILE            a certificate to trust, in PEM
  --folder FOLDER      the Maildir
  --ids FILE           the unique-ids of what was fetched
  --remove             removes messages from the server once they are stored
  --help
`;
  const known = { host: "string", port: "string", user: "string", password: "string", ca: "path" } as const;
  const { values } = readArguments(usage, { ...known, folder: "path", ids: "path", remove: "boolean" });
  const count = await fetchInto({
    host: values.host ?? "localhost",
    port: readPort(required(values.port, "port", usage), usage),
    user: required(values.user, "user", usage),
    password: required(values.password, "password", usage),
    folder: required(values.folder, "folder", usage),
    ids: required(values.ids, "ids", usage),
    remove: values.remove ?? false,
    ...(values.ca !== undefined && { ca: await readFile(values.ca, "utf8") }),
  });
  process.stdout.write(`${count} new\n`);
});
