import { fuzzDovecot } from "./dovecot.ts";
import { fuzzAiosmtpd, fuzzPoplib, NotStarted } from "./python.ts";
import { fuzzSmtpServer } from "./smtp-server.ts";

/** A program of others. */
export interface Peer {
  /** What of Debian has it; null: it comes with this package. */
  readonly debian: string | null;
  run(): Promise<void>;
}

/** Programs of others that the guide in the README fuzzes. */
export const peers: Readonly<Record<string, Peer>> = {
  "smtp-server": { debian: null, run: fuzzSmtpServer },
  dovecot: { debian: "dovecot-lmtpd", run: fuzzDovecot },
  aiosmtpd: { debian: "python3-aiosmtpd", run: fuzzAiosmtpd },
  poplib: { debian: "python3", run: () => fuzzPoplib() },
};

/** Fuzzes one. False: it could not be started, and why was said. */
export async function fuzzPeer(name: string): Promise<boolean> {
  const { debian, run } = peers[name]!;
  try {
    await run();
    return true;
  } catch (error) {
    if (!(error instanceof NotStarted) && (error as { readonly code?: unknown }).code !== "ENOENT") throw error;
    console.error(`${name} did not start: apt-get install ${debian}`);
    return false;
  }
}
