import { isVisible } from "./text.ts";

/** What a server's answer to CAPA says (RFC 2449 §5). */
export interface Capabilities {
  /** Every tag in upper case with its arguments, in order; of one listed twice the first line counts. */
  readonly tags: ReadonlyMap<string, readonly string[]>;
  /** The names of SASL mechanisms in upper case, from all SASL lines (RFC 5034 §3). */
  readonly sasl: readonly string[];
}

/** Reads the lines of a capability list, blank ones left out. */
export function parseCapabilities(lines: readonly string[]): Capabilities {
  const tags = new Map<string, readonly string[]>();
  const sasl = new Set<string>();
  for (const line of lines) {
    const [tag, ...parameters] = line.split(/[ \t]/).filter(Boolean);
    if (tag === undefined) continue;
    const name = tag.toUpperCase();
    if (name === "SASL") for (const mechanism of parameters) sasl.add(mechanism.toUpperCase());
    if (!tags.has(name)) tags.set(name, parameters);
  }
  return { tags, sasl: [...sasl] };
}

/**
 * Writes the lines of a capability list: the inverse of {@link parseCapabilities}.
 *
 * `capability = capa-tag *(SP param)` of visible ASCII, the tag without a dot (RFC 2449 §3)
 *
 * @throws RangeError for a tag or argument outside the grammar.
 */
export function formatCapabilities(tags: Iterable<readonly [tag: string, parameters: readonly string[]]>): string[] {
  const lines: string[] = [];
  for (const [tag, parameters] of tags) {
    if (!isVisible(tag) || tag.includes(".")) throw new RangeError('"tag" expected visible ASCII without a dot');
    if (!parameters.every(isVisible)) throw new RangeError(`"${tag}" expected parameters of visible ASCII`);
    lines.push([tag, ...parameters].join(" "));
  }
  return lines;
}
