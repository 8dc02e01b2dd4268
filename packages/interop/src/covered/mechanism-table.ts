/** The Markdown table of mechanism × peer × role, made from the record, for the README of `sasl`. */
import { tabled } from "./feature.ts";
import { aligned } from "./markdown.ts";
import type { Entry } from "./record.ts";
import { versionsLine } from "./versions.ts";

/**
 * A row a mechanism, a column a peer in a role in which it has one at all. A cell names the protocols that the
 * mechanism passed in, and the channel bindings if it has them.
 */
export function mechanismTable(all: readonly Entry[]): string {
  const columnOf = ({ peer, role }: Entry): string => `${peer}, ${role}`;
  const ofMechanisms = all.filter(({ name }) => tabled.includes(name));
  const columns = [
    ...new Set(ofMechanisms.filter(({ outcome }) => outcome !== "not supported by the peer").map(columnOf)),
  ];
  const record = ofMechanisms.filter((entry) => columns.includes(columnOf(entry)));
  const rows = tabled.map((name) => [
    name,
    ...columns.map((column) => cell(record.filter((entry) => columnOf(entry) === column && entry.name === name))),
  ]);
  return [
    ...aligned([["mechanism", ...columns], ...rows]),
    "",
    "The role is the peer's. –: the peer has no such mechanism; ·: not covered.",
    versionsLine(record),
  ].join("\n");
}

function cell(entries: readonly Entry[]): string {
  const words = [...new Set(entries.map(({ protocol }) => protocol))].flatMap((protocol) => {
    const here = entries.filter((entry) => entry.protocol === protocol);
    const failed = here.filter(({ outcome }) => outcome === "failed");
    const passed = here.filter(({ outcome }) => outcome === "passed");
    const variants = (found: readonly Entry[]) => {
      const names = found.flatMap(({ variant }) => variant ?? []);
      return names.length > 0 ? ` (${names.join(", ")})` : "";
    };
    return [
      ...(passed.length > 0 ? [`${protocol}${variants(passed)}`] : []),
      ...(failed.length > 0 ? [`**${protocol} failed${variants(failed)}**`] : []),
    ];
  });
  if (words.length > 0) return words.join(", ");
  return entries.some(({ outcome }) => outcome === "not covered") ? "·" : "–";
}
