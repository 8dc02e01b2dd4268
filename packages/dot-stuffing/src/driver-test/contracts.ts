/** The name of a contract. */
export type Contract =
  | "borrowed-chunk"
  | "input"
  | "output"
  | "one-write"
  | "held-back"
  | "events"
  | "read-ahead"
  | "back-pressure"
  | "tls"
  | "plaintext-behind-tls"
  | "end-of-input"
  | "failed-write"
  | "calls"
  | "messages"
  | "closing"
  | "progress"
  | "errors";

/** What a driver owes to its session, its transport and its application, each in a sentence. */
export const contracts: { readonly [Name in Contract]: string } = {
  "borrowed-chunk": "A chunk is left alone until nextEvent() has returned null, or the loop over the session was left.",
  input: "All that is read is handed to the session, once and in order.",
  output: "All that the session gives is taken and written, once and in order, and nothing else is.",
  "one-write": "The answers to commands that came together leave in one write (RFC 2920 section 3.2).",
  "held-back":
    "What was decided is answered while a further decision takes its time (RFC 2033 section 5, RFC 2920 section 3.2).",
  events: "Every event is pulled, and handed to the application when it is done with the one before.",
  "read-ahead": "While the application owes an answer, little is read.",
  "back-pressure": "For a peer that does not read, little is queued.",
  tls: "The handshake is done when waiting is tls and the output was written; the session is told how it went.",
  "plaintext-behind-tls": "What came before the handshake is never read as if it had come after it.",
  "end-of-input": "The session is told that there is no more input.",
  "failed-write": "Once a write has failed, no more content is asked for.",
  calls: "The session and the transport are called as their states allow.",
  messages:
    "A message is stored whole, as it was sent, and acknowledged when it is stored; what is not acknowledged is not removed.",
  closing: "The transport is closed when the session is, after the last output, and in any case.",
  progress: "The driver goes on for as long as its session does.",
  errors: "The driver rejects with what its transport or its application has thrown, and nothing else.",
};

/** A contract that a driver has broken. */
export interface BrokenContract {
  readonly contract: Contract;
  /** The first scenario in which it was broken in this way. */
  readonly scenario: string;
  /** What the driver did, in words. */
  readonly what: string;
}

/** What became of a test. */
export interface DriverReport {
  /** Whether no contract was broken. */
  readonly passed: boolean;
  /** How many scenarios were played, each cut counted. */
  readonly played: number;
  /** What was broken, each way once, in the order found. */
  readonly broken: readonly BrokenContract[];
}

/** What was found, each way of breaking a contract once. */
export class Findings {
  readonly broken: BrokenContract[] = [];
  /** The scenario that is being played. */
  scenario = "";

  add(contract: Contract, what: string): void {
    const known = this.broken.some((each) => each.contract === contract && each.what === what);
    if (!known) this.broken.push({ contract, scenario: this.scenario, what });
  }
}

/** A driver that has broken contracts. The message names them all. */
export class DriverError extends Error {
  override readonly name: string = "DriverError";
  readonly report: DriverReport;

  constructor(report: DriverReport) {
    const lines = report.broken.map(
      ({ contract, scenario, what }) => `- ${what}\n  (in "${scenario}") ${contract}: ${contracts[contract]}`,
    );
    super(`the driver breaks its contracts:\n${lines.join("\n")}`);
    this.report = report;
  }
}

/** @throws DriverError unless all contracts were kept */
export function assertPassed(report: DriverReport): DriverReport {
  if (!report.passed) throw new DriverError(report);
  return report;
}
