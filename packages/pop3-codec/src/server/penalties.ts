import type { SaslServer } from "dot-stuffing/session";
import { actsAs, type ResponseCode } from "../syntax/response.ts";
import type { Pop3ServerEvent } from "./events.ts";
import type { Pop3ServerMemory } from "./memory.ts";
import type { ServerSettings } from "./options.ts";
import { notice } from "./violations.ts";

/** The longest delay that a failed login names. In seconds. */
const MOST_DELAY = 15;

/** What says of a refused login that name and password are not why (RFC 2449 §8.1, RFC 3206 §4). */
const BLAMELESS: readonly (ResponseCode | null)[] = ["IN-USE", "LOGIN-DELAY", "SYS/TEMP", "SYS/PERM", "SYS"];

/**
 * Counts failed logins and faulty commands when they were refused, and reports them. A login that is refused and no
 * failed one is as a faulty command: what throws at it must not be asked without end. Says whether the session has had
 * enough.
 *
 * @param code that it was refused with
 */
export function penalise<Mechanism extends SaslServer>(
  { type }: Pop3ServerEvent<Mechanism>,
  code: string | null,
  memory: Pop3ServerMemory<Mechanism>,
  { maxFailedLogins, failureDelay, maxErrors }: ServerSettings,
): boolean {
  switch (type) {
    case "user":
    case "pass":
    case "apop":
    case "auth":
    case "authenticated":
    case "authentication-failed": {
      memory.state = "authorization";
      // A guess that was wrong must never be said to be right: whoever gives such a code has not looked, or found it
      // right.
      if (code !== null && BLAMELESS.includes(actsAs(code))) break;
      const failures = ++memory.failedLogins;
      // Many doublings are as good as Infinity, which times 0 is no number.
      const delay = Math.min(failureDelay * 2 ** Math.min(failures - 1, MOST_DELAY), MOST_DELAY);
      const enough = failures >= maxFailedLogins;
      memory.events.push({ type: "login-failed", failures, delay, answer: "none" });
      if (enough) memory.events.push(notice("too-many-logins", "too many failed logins", true));
      return enough;
    }
    case "violation":
    case "unknown":
      break;
    default:
      return false;
  }
  const enough = ++memory.errors >= maxErrors;
  if (enough) memory.events.push(notice("too-many-errors", "too many faulty commands", true));
  return enough;
}
