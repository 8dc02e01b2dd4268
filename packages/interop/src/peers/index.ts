/** The peers, in the order in which they run. */
import type { Peer } from "../check.ts";
import { runtimes } from "../runtimes/peers.ts";
import { curl } from "./curl.ts";
import { cyrus } from "./cyrus.ts";
import { dovecot } from "./dovecot.ts";
import { fetchmail } from "./fetchmail.ts";
import { getmail } from "./getmail.ts";
import { gsasl } from "./gsasl.ts";
import { mpop } from "./mpop.ts";
import { msmtp } from "./msmtp.ts";
import { mutt } from "./mutt.ts";
import { nodePop3 } from "./node-pop3.ts";
import { nodemailer } from "./nodemailer.ts";
import { perl } from "./perl.ts";
import { postfix } from "./postfix.ts";
import { postfixClient } from "./postfix-client.ts";
import { postgresql } from "./postgresql.ts";
import { python } from "./python.ts";
import { sNail } from "./s-nail.ts";
import { secondHop } from "./second-hop.ts";
import { swaks } from "./swaks.ts";

const clients: readonly Peer[] = [
  ...[curl, swaks, python, perl, gsasl, msmtp, mpop, fetchmail, getmail],
  ...[mutt, sNail, nodemailer, nodePop3, postfixClient],
];
const servers: readonly Peer[] = [dovecot, postfix, cyrus, postgresql];

export const peers: readonly Peer[] = [...clients, ...servers, secondHop, ...runtimes];
