/** What the sizes of entry points, and of single parts of them, are held to. */

export interface Row {
  /** The published package. */
  readonly package: string;
  /** The entry point: the package's name, or one of its sub-paths. */
  readonly from: string;
  /** What is imported from there; everything if that is not said. */
  readonly names?: readonly string[];
  /** The most bytes that it may have, minified and compressed. */
  readonly limit?: number;
  /** The limit that it will have once it is there: shown, and not held to. */
  readonly goal?: number;
}

export const rows: readonly Row[] = [
  { package: "dot-stuffing", from: "dot-stuffing", limit: 2_570 },
  { package: "dot-stuffing", from: "dot-stuffing", names: ["Unstuffer"] },
  { package: "dot-stuffing", from: "dot-stuffing", names: ["Stuffer"] },
  { package: "dot-stuffing", from: "dot-stuffing/session" },
  { package: "dot-stuffing", from: "dot-stuffing/session", names: ["LineReader"] },
  { package: "sasl", from: "sasl", limit: 21_500, goal: 18_000 },
  { package: "sasl", from: "sasl", names: ["plainClient", "plainServer"], limit: 2_500 },
  { package: "sasl", from: "sasl", names: ["scramClient", "scramSha256"], limit: 8_000 },
  { package: "sasl", from: "sasl/saslprep", limit: 2_500 },
  { package: "smtp-codec", from: "smtp-codec", goal: 20_000 },
  { package: "smtp-codec", from: "smtp-codec", names: ["SmtpClientSession"], goal: 11_000 },
  { package: "smtp-codec", from: "smtp-codec", names: ["SmtpServerSession"] },
  { package: "smtp-codec", from: "smtp-codec/syntax", goal: 9_000 },
  { package: "pop3-codec", from: "pop3-codec", goal: 10_000 },
  { package: "pop3-codec", from: "pop3-codec", names: ["Pop3ClientSession"], goal: 6_000 },
  { package: "pop3-codec", from: "pop3-codec", names: ["Pop3ServerSession"] },
  { package: "pop3-codec", from: "pop3-codec/syntax" },
];
