import type { SaslServer } from "dot-stuffing/session";
import type { Pop3ServerEvent } from "./events.ts";
import type { Pop3ServerMemory } from "./memory.ts";
import type { ServerSettings } from "./options.ts";
import { notice } from "./violations.ts";

/** The longest delay that a failed login names. In seconds. */
const MOST_DELAY = 15;

/** Counts failed logins and faulty commands when they were refused, and reports them. Says whether the session has had enough. */
export function penalise<Mechanism extends SaslServer>(
  { type }: Pop3ServerEvent<Mechanism>,
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
      const failures = ++memory.failedLogins;
      // Many doublings are as good as Infinity, which times 0 is no number.
      const delay = Math.min(failureDelay * 2 ** Math.min(failures - 1, MOST_DELAY), MOST_DELAY);
      const enough = failures >= maxFailedLogins;
      memory.state = "authorization";
      memory.events.push({ type: "login-failed", failures, delay, answer: "none" });
      if (enough) memory.events.push(notice("too-many-logins", "too many failed logins", true));
      return enough;
    }
    case "violation":
    case "unknown": {
      const enough = ++memory.errors >= maxErrors;
      if (enough) memory.events.push(notice("too-many-errors", "too many faulty commands", true));
      return enough;
    }
    default:
      return false;
  }
}
