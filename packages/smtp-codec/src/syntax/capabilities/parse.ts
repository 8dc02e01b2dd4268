import { isKeyword } from "../characters.ts";
import type { Reply } from "../reply/reply.ts";
import type { Capabilities } from "./capabilities.ts";
import { deliverByOf, futureReleaseOf, limitsOf, mtPriorityOf, sizeOf, solicitationOf } from "./values.ts";

/** Named leniencies of {@link parseCapabilities}. */
export interface CapabilitiesLeniencies {
  /** Reads `AUTH=LOGIN PLAIN`, the form of servers and clients from before RFC 2554. Default true. */
  readonly authEquals?: boolean;
}

// Shared by all keywords, so nobody may change it.
const NONE: readonly string[] = Object.freeze([]);

/**
 * Reads a positive reply to EHLO or LHLO.
 *
 * ```abnf
 * ehlo-line    = ehlo-keyword *( SP ehlo-param )
 * ehlo-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
 * ehlo-param   = 1*(%d33-126)
 * ```
 */
export function parseCapabilities(reply: Pick<Reply, "lines">, leniencies: CapabilitiesLeniencies = {}): Capabilities {
  const first = reply.lines[0] ?? "";
  const space = first.indexOf(" ");
  const keywords = new Map<string, readonly string[]>();
  const otherLines: string[] = [];
  let auth: string[] = [];
  for (let index = 1; index < reply.lines.length; index++) {
    const line = reply.lines[index]!;
    const end = line.indexOf(" ");
    const word = end < 0 ? line : line.slice(0, end);
    let keyword = word.toUpperCase();
    let parameters = end < 0 ? NONE : words(line, end);
    if ((leniencies.authEquals ?? true) && keyword.startsWith("AUTH=")) {
      parameters = words(`${line.slice(0, "AUTH".length)} ${line.slice("AUTH=".length)}`, "AUTH".length);
      keyword = "AUTH";
    } else if (!isKeyword(word)) {
      // As it came: there are letters beyond ASCII whose capitals are ASCII.
      otherLines.push(line);
      continue;
    }
    if (keyword === "AUTH") auth = auth.concat(parameters.map(upperCase));
    if (!keywords.has(keyword)) keywords.set(keyword, parameters);
  }
  return {
    domain: space < 0 ? first : first.slice(0, space),
    greeting: space < 0 ? "" : first.slice(space + 1),
    keywords,
    otherLines,
    auth: [...new Set(auth)],
    size: valueFor(keywords, "SIZE", sizeOf),
    limits: valueFor(keywords, "LIMITS", limitsOf),
    deliverBy: valueFor(keywords, "DELIVERBY", deliverByOf),
    futureRelease: valueFor(keywords, "FUTURERELEASE", futureReleaseOf),
    mtPriority: valueFor(keywords, "MT-PRIORITY", mtPriorityOf),
    noSoliciting: valueFor(keywords, "NO-SOLICITING", solicitationOf),
    burl: keywords.get("BURL") ?? null,
    xclient: valueFor(keywords, "XCLIENT", (names) => names.map(upperCase)),
    xforward: valueFor(keywords, "XFORWARD", (names) => names.map(upperCase)),
  };
}

function valueFor<Value>(
  keywords: ReadonlyMap<string, readonly string[]>,
  keyword: string,
  read: (parameters: readonly string[]) => Value | null,
): Value | null {
  const parameters = keywords.get(keyword);
  return parameters === undefined ? null : read(parameters);
}

/** The words behind a place, cut at runs of spaces. */
function words(line: string, from: number): string[] {
  const found = line.slice(from + 1).split(" ");
  return found.includes("") ? found.filter((word) => word !== "") : found;
}

function upperCase(text: string): string {
  return text.toUpperCase();
}
