/** The peers, in the order in which they run. */
import type { Peer } from "../check.ts";
import { runtimes } from "../runtimes/peers.ts";
import { aiosmtpd } from "./aiosmtpd.ts";
import { courier } from "./courier.ts";
import { curl } from "./curl.ts";
import { cyrus } from "./cyrus.ts";
import { dovecot } from "./dovecot.ts";
import { dovecotLmtp } from "./dovecot-lmtp.ts";
import { dovecotSubmission } from "./dovecot-submission.ts";
import { exim } from "./exim.ts";
import { fetchmail } from "./fetchmail.ts";
import { getmail } from "./getmail.ts";
import { gsasl } from "./gsasl.ts";
import { mailutils } from "./mailutils.ts";
import { mpop } from "./mpop.ts";
import { msmtp } from "./msmtp.ts";
import { mutt } from "./mutt.ts";
import { nodePop3 } from "./node-pop3.ts";
import { nodemailer } from "./nodemailer.ts";
import { opensmtpd } from "./opensmtpd.ts";
import { perl } from "./perl.ts";
import { postfix } from "./postfix.ts";
import { postfixClient } from "./postfix-client.ts";
import { postgresql } from "./postgresql.ts";
import { python } from "./python.ts";
import { sNail } from "./s-nail.ts";
import { secondHop } from "./second-hop.ts";
import { smtpServer } from "./smtp-server.ts";
import { smtpSink } from "./smtp-sink.ts";
import { swaks } from "./swaks.ts";

const clients: readonly Peer[] = [
  ...[curl, swaks, python, perl, gsasl, msmtp, mpop, fetchmail, getmail],
  ...[mutt, sNail, nodemailer, nodePop3, postfixClient],
];
const servers: readonly Peer[] = [
  ...[dovecot, dovecotLmtp, dovecotSubmission, postfix, exim, opensmtpd, smtpServer, aiosmtpd, smtpSink],
  ...[cyrus, courier, mailutils, postgresql],
];

export const peers: readonly Peer[] = [...clients, ...servers, secondHop, ...runtimes];
