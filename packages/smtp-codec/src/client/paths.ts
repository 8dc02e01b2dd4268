import { outOfRange } from "dot-stuffing/session";
import { isFault } from "../syntax/fault.ts";
import { parseMailbox } from "../syntax/path/mailbox.ts";
import { type ForwardPath, parseForwardPath, parseReversePath, type ReversePath } from "../syntax/path/path.ts";

/** A sender as the application names it. @throws RangeError unless it is a mailbox, or empty for the null path. */
export function toReversePath(from: ReversePath | string): ReversePath {
  const address = addressOf("from", from);
  const found = parseReversePath(`<${address}>`, { smtputf8: true });
  if (isFault(found) || found.end !== address.length + 2) {
    throw outOfRange("from", 'a mailbox such as user@example.com, or "" for the null path');
  }
  return found.path;
}

/** @throws TypeError naming what is neither a text nor a path */
function addressOf(name: string, path: ReversePath | ForwardPath | string): string {
  const address = typeof path === "string" ? path : path?.address;
  if (typeof address !== "string")
    throw new TypeError(`"${name}" expected a string or a path, got ${path === null ? path : typeof path}`);
  return address;
}

/**
 * A recipient as the application names it.
 *
 * @param name what it is called
 * @throws RangeError unless it is a mailbox, or `Postmaster`
 */
export function toForwardPath(to: ForwardPath | string, name: string = "to"): ForwardPath {
  const address = addressOf(name, to);
  const found = parseForwardPath(`<${address}>`, { smtputf8: true });
  if (isFault(found) || found.end !== address.length + 2) {
    throw outOfRange(name, "a mailbox such as user@example.com, or Postmaster");
  }
  return found.path;
}

/** The value of MAIL's AUTH parameter. @throws RangeError as {@link toReversePath} does, naming the parameter. */
export function toAuthPath(auth: ReversePath | string): ReversePath {
  const address = addressOf("auth", auth);
  if (address === "") return { kind: "null", address: "" };
  const mailbox = parseMailbox(address);
  if (mailbox === null) throw outOfRange("auth", 'a mailbox, or "" for <>');
  return mailbox;
}
