/** What a peer's file gives, and how a check says that something is wrong: it throws. */
import type { StoredMessage } from "examples/src/maildrop.ts";
import type { Fetcher } from "./checks/fetching.ts";
import type { Pop3Server } from "./checks/giving.ts";
import type { Sender } from "./checks/sending.ts";
import type { SmtpServer } from "./checks/smtp-server.ts";
import type { Feature, Part } from "./covered/feature.ts";
import type { Outcome } from "./system/process.ts";
import type { World } from "./world.ts";

/** Something that a peer does with us. */
export interface Check {
  readonly title: string;
  /** What it shows, for the table. */
  readonly covers?: readonly Feature[];
  /** The longest that it may take. In milliseconds; default 60,000. */
  readonly limit?: number;
  /** Throws if it went wrong. If it gives a text, that stands on the line that tells of it. */
  run(): Promise<unknown>;
}

/** A program that speaks one of our protocols. */
export interface Peer {
  /** As in `debian.json`. */
  readonly name: string;
  readonly parts: readonly Part[];
  /** Its version. @throws Error saying what is missing if it cannot be run */
  version(world: World): Promise<string>;
  /** A peer that is a server is started here; the world stops it. */
  checks(world: World): readonly Check[] | Promise<readonly Check[]>;
  /** What the atlas asks of it: see `atlas`. Each is absent where the peer is no such thing. */
  readonly sender?: (world: World) => Sender;
  readonly fetcher?: (world: World) => Fetcher;
  /** Starts it; the world stops it. */
  readonly smtpServer?: (world: World) => Promise<SmtpServer>;
  readonly pop3Server?: (world: World) => Promise<Asked>;
}

/** A POP3 server to which questions are put. */
export interface Asked extends Pick<Pop3Server, "ports" | "user"> {
  /** Null: its maildrop stays empty. */
  readonly fill: Pop3Server["fill"] | null;
}

/** @throws Error if the text has no version where the pattern's first group looks for it */
export function versionIn(text: string, pattern: RegExp): string {
  const version = pattern.exec(text)?.[1];
  if (version === undefined) throw new Error(`there is no version in:\n    ${text.trim().slice(0, 300)}`);
  return version;
}

/**
 * Each of these with TLS and without, but for the first with TLS: that is how every sample goes. EXTERNAL rests on a
 * certificate, and is nothing without TLS.
 */
export function otherLogins<Mechanism extends string>(
  mechanisms: readonly Mechanism[],
): { readonly tls: boolean; readonly mechanism: Mechanism }[] {
  const all = mechanisms.flatMap((mechanism) => [true, false].map((tls) => ({ tls, mechanism })));
  return all.slice(1).filter(({ tls, mechanism }) => tls || mechanism !== "EXTERNAL");
}

/** @throws Error unless it was an error whose message has this in it */
export async function expectRejection(promise: Promise<unknown>, part: string): Promise<void> {
  const text = await promise.then(
    () => "there was no error",
    (error) => (error instanceof Error ? error.message : String(error)),
  );
  expectText(text, part);
}

/** @throws Error with the sizes and the place of the first difference */
export function expectSame(found: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(found, expected) === 0) return;
  const end = Math.min(found.length, expected.length);
  let at = 0;
  while (at < end && found[at] === expected[at]) at++;
  const around = (octets: Uint8Array) => JSON.stringify(Buffer.from(octets.subarray(at, at + 20)).toString("latin1"));
  throw new Error(
    `the message differs: ${found.length} octets instead of ${expected.length}, ` +
      `at ${at} ${around(found)} instead of ${around(expected)}`,
  );
}

/** @throws Error with the last words of the program */
export function expectStatus(outcome: Outcome, status: number): void {
  if (outcome.status === status) return;
  const words = `${outcome.stdout.subarray(-2000).toString("latin1")}\n${outcome.stderr}`.trim();
  const last = words.split("\n").slice(-12);
  throw new Error([`exit status ${outcome.status} instead of ${status}`, ...last].join("\n    "));
}

/** How a program says that it failed. */
export interface Told {
  /** `"failure"`: any but 0, where it depends on what was lost first. */
  readonly status: number | "failure";
  /** A part of what it prints, on either of its outputs. Default: nothing in particular. */
  readonly text?: string;
}

/** @throws Error unless the program failed in this way */
export function expectOutcome(outcome: Outcome, { status, text = "" }: Told): void {
  if (status !== "failure") expectStatus(outcome, status);
  else if (outcome.status === 0) throw new Error("it says that it succeeded");
  expectText(`${outcome.stdout.subarray(-100_000).toString("latin1")}\n${outcome.stderr}`, text);
}

/** @throws Error if a text is not in what the program printed */
export function expectText(text: string, part: string): void {
  if (!text.includes(part)) throw new Error(`"${part}" is missing in:\n    ${text.trim().replaceAll("\n", "\n    ")}`);
}

/** @throws Error unless exactly this message is there */
export function expectStored(messages: readonly StoredMessage[], expected: Uint8Array): void {
  expectCount(messages, 1);
  for (const { octets } of messages) expectSame(octets, expected);
}

/** @throws Error unless there are so many messages */
export function expectCount({ length }: readonly StoredMessage[], expected: number): void {
  if (length !== expected) throw new Error(`${length} messages are stored instead of ${expected}`);
}
