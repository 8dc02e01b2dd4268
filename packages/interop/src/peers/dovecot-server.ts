/**
 * Dovecot, as several peers need it: its POP3 server with maildrops, LMTP, submission, and its SASL server for others.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../system/daemon.ts";
import { nobody } from "../system/process.ts";
import { ALICE, BOB, fillIn, PASSWORD, TOKENS, type World } from "../world.ts";
import { startIntrospection } from "./introspection.ts";
import { makeFolders } from "./maildir.ts";

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
  /** Where what is submitted goes. Default: nowhere. */
  readonly sink?: number;
}

/** Starts it as nobody. @param room the name of its folder */
export async function startDovecot(world: World, room: string, { sink = 1 }: DovecotOptions = {}): Promise<Dovecot> {
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
  await makeFolders([join(folder, "mail")]);
  const running = { folder, port: pop3Port, as: nobody, logs: ["log"] };
  await world.start({ command: "dovecot", args: ["-F", "-c", configuration], ...running });
  return { folder, pop3Port, pop3sPort, lmtpPort, submissionPort, submissionsPort };
}
