import { isPrintable, outOfRange } from "dot-stuffing/session";
import { isPrintableUtf8 } from "../syntax/characters.ts";
import { isFault } from "../syntax/fault.ts";
import { type Mailbox, parseMailbox } from "../syntax/path/mailbox.ts";
import { formatPath, parseReversePath } from "../syntax/path/path.ts";

/** A line of a reply to VRFY or EXPN. */
export type LookupLine =
  | { readonly kind: "mailbox"; readonly name: string | null; readonly mailbox: Mailbox }
  /** Of neither form that RFC 5321 §3.5.1 has. */
  | { readonly kind: "text"; readonly text: string };

/**
 * Reads a line of a reply to VRFY or EXPN: `local@domain` or `User Name <local@domain>`, also after the spaces that 553
 * replies to an ambiguous name have (RFC 5321 §3.5.1).
 */
export function parseLookupLine(line: string): LookupLine {
  const text = line.trimStart();
  const bare = parseMailbox(text, { smtputf8: true });
  if (bare !== null) return { kind: "mailbox", name: null, mailbox: bare };
  const open = text.indexOf("<");
  const found = open < 0 ? null : parseReversePath(text, { smtputf8: true }, open);
  if (found === null || isFault(found) || found.end !== text.length || found.path.kind === "null")
    return { kind: "text", text: line };
  const name = text.slice(0, open).trimEnd();
  return { kind: "mailbox", name: name === "" ? null : name, mailbox: found.path };
}

/**
 * Writes a line of a reply to VRFY or EXPN.
 *
 * @param smtputf8 whether characters beyond ASCII may be written: VRFY or EXPN had the parameter
 * @throws RangeError for a mailbox with a source route or without a domain (RFC 5321 §3.5.2), and for a name with `<`,
 *   or that is not printable.
 */
export function formatLookupLine(mailbox: Mailbox, name: string | null = null, smtputf8 = false): string {
  if (mailbox.route.length > 0) throw outOfRange("mailbox", "a mailbox without a source route");
  const path = formatPath(mailbox, { smtputf8 });
  if (name === null) return path.slice(1, -1);
  const isFit = smtputf8 ? isPrintableUtf8 : isPrintable;
  if (name !== name.trim() || name === "" || name.includes("<") || !isFit(name)) {
    throw outOfRange("name", "printable text without < and without spaces around it");
  }
  return `${name} ${path}`;
}
