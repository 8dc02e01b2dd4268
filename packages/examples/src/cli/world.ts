import { readFile } from "node:fs/promises";
import type { Accounts } from "../accounts.ts";
import { Maildrops } from "../maildrop.ts";
import { type Certificate, makeCertificate } from "../transport/certificate.ts";
import type { Listener } from "../transport/listener.ts";

/** The accounts of servers that are run from the command line. */
export const accounts: Accounts = new Map([
  ["alice@example.org", "wonderland"],
  ["bob@example.org", "builder"],
]);

/** Maildrops with a first message for everybody, so that there is something to fetch. */
export function makeMaildrops(): Maildrops {
  const maildrops = new Maildrops();
  for (const user of accounts.keys()) {
    const text = `From: postmaster@example.org\r\nTo: ${user}\r\nSubject: welcome\r\n\r\nThis is your maildrop.\r\n.\r\n`;
    maildrops.store(user, new TextEncoder().encode(text));
  }
  return maildrops;
}

/** The key and certificate in these files, or a certificate made now, which nobody trusts. */
export async function readTls(key: string | undefined, cert: string | undefined): Promise<Certificate> {
  if (key === undefined || cert === undefined) return makeCertificate();
  return { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
}

/** Says where a server listens and who may log in. */
export function announce(name: string, port: number): void {
  process.stdout.write(`${name} on 127.0.0.1:${port}\n`);
}

export function announceAccounts(): void {
  for (const [user, password] of accounts) process.stdout.write(`  account ${user} with the password ${password}\n`);
}

/** Closes the servers, with a word to their clients, when the process is asked to end. */
export function closeOnSignal(...servers: readonly Listener[]): void {
  const close = () => void Promise.all(servers.map((server) => server.close())).then(() => process.exit(0));
  process.once("SIGINT", close);
  process.once("SIGTERM", close);
}
