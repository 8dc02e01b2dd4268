import { isFault } from "../syntax/fault.ts";
import { parseMailbox } from "../syntax/path/mailbox.ts";
import { type ForwardPath, parseForwardPath, parseReversePath, type ReversePath } from "../syntax/path/path.ts";
import type { ClientVerb } from "./table.ts";

/** A command on its way: its line, and what its event will say besides the reply. */
export type ClientCommand =
  | { readonly verb: "AUTH"; readonly line: string }
  | { readonly verb: Exclude<ClientVerb, "AUTH" | "MAIL" | "RCPT" | "VRFY" | "message">; readonly line: string }
  | { readonly verb: "MAIL"; readonly line: string; readonly from: ReversePath; readonly sevenBit: boolean }
  | { readonly verb: "RCPT"; readonly line: string; readonly to: ForwardPath }
  | { readonly verb: "VRFY"; readonly line: string; readonly argument: string }
  /** Content and its end: its octets are in the output already. Void: nobody was to receive it. */
  | {
      readonly verb: "message";
      readonly line: "";
      readonly size: number;
      readonly stuffedLines: number;
      readonly void: boolean;
    };

/** A command whose one event says what its one reply was. AUTH is the other: its exchange has many. */
export type RepliedCommand = Exclude<ClientCommand, { readonly verb: "AUTH" }>;

/** A sender as the application names it. @throws RangeError unless it is a mailbox, or empty for the null path. */
export function toReversePath(from: ReversePath | string): ReversePath {
  const found = parseReversePath(`<${typeof from === "string" ? from : from.address}>`);
  if (isFault(found) || found.end !== addressLength(from) + 2) {
    throw new RangeError('"from" expected a mailbox such as user@example.com, or "" for the null path');
  }
  return found.path;
}

/** A recipient as the application names it. @throws RangeError unless it is a mailbox, or `Postmaster`. */
export function toForwardPath(to: ForwardPath | string): ForwardPath {
  const found = parseForwardPath(`<${typeof to === "string" ? to : to.address}>`);
  if (isFault(found) || found.end !== addressLength(to) + 2) {
    throw new RangeError('"to" expected a mailbox such as user@example.com, or Postmaster');
  }
  return found.path;
}

/** The value of MAIL's AUTH parameter. @throws RangeError as {@link toReversePath} does, naming the parameter. */
export function toAuthPath(auth: string): ReversePath {
  if (auth === "") return { kind: "null", address: "" };
  const mailbox = parseMailbox(auth);
  if (mailbox === null) throw new RangeError('"auth" expected a mailbox, or "" for <>');
  return mailbox;
}

function addressLength(path: { readonly address: string } | string): number {
  return typeof path === "string" ? path.length : path.address.length;
}
