/** Dovecot, as several peers need it: its POP3 server with maildrops, LMTP, submission, and its SASL server for others. */
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../system/daemon.ts";
import { nobody } from "../system/process.ts";
import { ALICE, BOB, fillIn, PASSWORD, TOKENS, type World } from "../world.ts";
import { startIntrospection } from "./introspection.ts";

/** Those that the configuration enables. EXTERNAL, which Dovecot has too, is not among them. */
export const DOVECOT_MECHANISMS = [
  "PLAIN",
  "SCRAM-SHA-256",
  "SCRAM-SHA-1",
  "OAUTHBEARER",
  "XOAUTH2",
  "DIGEST-MD5",
  "CRAM-MD5",
  "LOGIN",
  "ANONYMOUS",
];

export interface Dovecot {
  readonly folder: string;
  readonly pop3Port: number;
  readonly pop3sPort: number;
  readonly lmtpPort: number;
  readonly submissionPort: number;
  readonly submissionsPort: number;
}

export interface DovecotOptions {
  /** Messages by user, oldest first. Default: none. */
  readonly maildrops?: Readonly<Record<string, readonly Uint8Array[]>>;
  /** Where what is submitted goes. Default: nowhere. */
  readonly sink?: number;
}

/** Starts it as nobody. @param room the name of its folder */
export async function startDovecot(
  world: World,
  room: string,
  { maildrops = {}, sink = 1 }: DovecotOptions = {},
): Promise<Dovecot> {
  const folder = await world.room(room, nobody);
  const [pop3Port, pop3sPort, lmtpPort] = [await freePort(), await freePort(), await freePort()];
  const [submissionPort, submissionsPort] = [await freePort(), await freePort()];
  const name = async (option: string) => (await world.require("id", [option], { as: nobody })).stdout.toString().trim();
  const values = {
    FOLDER: folder,
    PORT: pop3Port,
    POPS_PORT: pop3sPort,
    LMTP_PORT: lmtpPort,
    SUBMISSION_PORT: submissionPort,
    SUBMISSIONS_PORT: submissionsPort,
    SINK: sink,
    USER: await name("-un"),
    GROUP: await name("-gn"),
    MECHANISMS: [...DOVECOT_MECHANISMS, "APOP"].join(" ").toLowerCase(),
  };
  const configuration = join(folder, "dovecot.conf");
  await writeFile(configuration, await fillIn(new URL("dovecot.conf", import.meta.url), values));
  await writeFile(join(folder, "passwd"), [ALICE, BOB].map((user) => `${user}:{PLAIN}${PASSWORD}::::::\n`).join(""));
  const { port: introspection } = world.keep(await startIntrospection(TOKENS));
  const oauth2 = await fillIn(new URL("dovecot-oauth2.conf", import.meta.url), { PORT: introspection });
  await writeFile(join(folder, "oauth2.conf"), oauth2);
  for (const [user, messages] of Object.entries(maildrops)) await fillMaildir(join(folder, "mail"), user, messages);
  const running = { folder, port: pop3Port, as: nobody, logs: ["log"] };
  await world.start({ command: "dovecot", args: ["-F", "-c", configuration], ...running });
  return { folder, pop3Port, pop3sPort, lmtpPort, submissionPort, submissionsPort };
}

/** Dovecot sorts a Maildir's messages by name. */
export async function fillMaildir(root: string, user: string, messages: readonly Uint8Array[]): Promise<void> {
  const { uid, gid } = nobody;
  const maildir = join(root, user);
  const folders = [root, maildir, ...["new", "cur", "tmp"].map((name) => join(maildir, name))];
  for (const path of folders) {
    await mkdir(path, { recursive: true });
    if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
  }
  for (const [at, octets] of messages.entries()) {
    await writeFile(join(maildir, "new", `${String(at).padStart(6, "0")}.a.b`), octets, { mode: 0o644 });
  }
}
