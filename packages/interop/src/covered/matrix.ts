/** The matrix of peer × feature × outcome in Markdown, made from the record. */
import { type CoveredOutcome, features, namesIn, type Protocol, type Role } from "./feature.ts";
import { aligned } from "./markdown.ts";
import type { Entry } from "./record.ts";
import { versionsLine } from "./versions.ts";

const SYMBOLS: Readonly<Record<CoveredOutcome, string>> = {
  passed: "✓",
  failed: "**failed**",
  "not covered": "·",
  "not supported by the peer": "–",
};

/** In the order of the sections. */
const protocols: readonly Protocol[] = ["SMTP", "LMTP", "POP3", "PostgreSQL", "own"];
const roles: readonly Role[] = ["client", "server", "runtime"];

/** A section a protocol and role of the peers; in it a row a feature, a column a peer. */
export function matrix(record: readonly Entry[]): string {
  const sections = protocols.flatMap((protocol) =>
    roles.flatMap((role) => {
      const here = record.filter((entry) => entry.protocol === protocol && entry.role === role);
      return here.length > 0
        ? [role === "runtime" ? "### Runtimes" : `### ${protocol} ${role}s`, "", ...section(protocol, here), ""]
        : [];
    }),
  );
  return [
    "✓: passed; –: not supported by the peer; ·: not covered.",
    versionsLine(record),
    "",
    ...sections,
    "### What the rows mean",
    "",
    ...aligned([["feature", "passed means"], ...features.map(({ name, means }) => [name, means])]),
  ].join("\n");
}

/** Rows that no peer has anything in are left out. */
function section(protocol: Protocol, here: readonly Entry[]): string[] {
  const peers = [...new Set(here.map(({ peer }) => peer))];
  const rows = namesIn(protocol).map((name) => [
    name,
    ...peers.map((peer) => cell(here.filter((entry) => entry.peer === peer && entry.name === name))),
  ]);
  const saying = rows.filter(([, ...cells]) => cells.some((text) => text !== SYMBOLS["not supported by the peer"]));
  return aligned([["", ...peers], ...saying]);
}

function cell(entries: readonly Entry[]): string {
  const outcomes = [...new Set(entries.map(({ outcome }) => outcome))];
  return outcomes
    .map((outcome) => {
      const variants = entries.filter((entry) => entry.outcome === outcome).flatMap(({ variant }) => variant ?? []);
      return variants.length > 0 ? `${SYMBOLS[outcome]} (${variants.join(", ")})` : SYMBOLS[outcome];
    })
    .join(", ");
}
