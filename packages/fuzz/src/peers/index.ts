import { fuzzDovecot } from "./dovecot.ts";
import { fuzzAiosmtpd, fuzzPoplib } from "./python.ts";
import { fuzzSmtpServer } from "./smtp-server.ts";

/** Programs of others that the guide in the README fuzzes. */
export const peers: Readonly<Record<string, () => Promise<void>>> = {
  "smtp-server": fuzzSmtpServer,
  dovecot: fuzzDovecot,
  aiosmtpd: fuzzAiosmtpd,
  poplib: fuzzPoplib,
};
