import type { Paint } from "./printer.ts";

/** One message's way there and back. */
export interface Row {
  readonly name: string;
  readonly size: number;
  readonly stuffedLines: number;
  /** How often a client had to wait for its server, by SMTP and by POP3. */
  readonly roundTrips: readonly [smtp: number, pop3: number];
  /** In milliseconds. */
  readonly time: number;
  /** SHA-256, hexadecimal. */
  readonly sent: string;
  /** Null: it did not come back. */
  readonly received: string | null;
  /** What sending had to change. */
  readonly changes: readonly string[];
  /** Why it was not sent, or null. */
  readonly failure: string | null;
}

/** Whether what came back is what was sent. */
export function isEqual({ sent, received }: Row): boolean {
  return sent === received;
}

const HEAD = ["message", "octets", "stuffed", "SMTP+POP3 trips", "time", "SHA-256 sent", "received", "", "normalised"];
const LEFT: ReadonlySet<string> = new Set(["message", "SHA-256 sent", "received", "", "normalised"]);

export function formatTable(rows: readonly Row[], paint: Paint): string {
  const cells = rows.map((row) => [
    row.name,
    row.size.toLocaleString("en"),
    row.stuffedLines.toLocaleString("en"),
    row.roundTrips.join(" + "),
    `${row.time.toFixed(0)} ms`,
    row.sent.slice(0, 16),
    row.received?.slice(0, 16) ?? "-",
    isEqual(row) ? "equal" : row.received === null ? "NOT SENT" : "DIFFERENT",
    row.changes.join(", ") || "-",
  ]);
  const widths = HEAD.map((head, column) => Math.max(head.length, ...cells.map((row) => row[column]!.length)));
  const format = (row: readonly string[]) =>
    row
      .map((cell, at) => (LEFT.has(HEAD[at]!) ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
      .join("  ")
      .trimEnd();
  const lines = cells.map((row, at) => paint(isEqual(rows[at]!) ? "green" : "red", format(row)));
  const failures = rows.flatMap(({ name, failure }) => (failure === null ? [] : [paint("red", `${name}: ${failure}`)]));
  return `${[paint("bold", format(HEAD)), ...lines, ...failures].join("\n")}\n`;
}
