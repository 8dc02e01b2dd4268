import type { Entry } from "./record.ts";

/** What the line with the versions begins with. */
export const VERSIONS = "Versions: ";

export function versionsLine(record: readonly Entry[]): string {
  const versions = new Map(record.map(({ peer, version }) => [peer, version]));
  return `${VERSIONS}${[...versions].map(([peer, version]) => `${peer} ${version}`).join(", ")}.`;
}
