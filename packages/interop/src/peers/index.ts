/** The peers, in the order in which they run. */
import type { Peer } from "../check.ts";
import { curl } from "./curl.ts";
import { cyrus } from "./cyrus.ts";
import { dovecot } from "./dovecot.ts";
import { gsasl } from "./gsasl.ts";
import { mpop } from "./mpop.ts";
import { msmtp } from "./msmtp.ts";
import { postfix } from "./postfix.ts";
import { postgresql } from "./postgresql.ts";
import { python } from "./python.ts";
import { secondHop } from "./second-hop.ts";
import { swaks } from "./swaks.ts";

export const peers: readonly Peer[] = [
  ...[curl, swaks, python, gsasl, msmtp, mpop],
  ...[dovecot, postfix, cyrus, postgresql],
  secondHop,
];
