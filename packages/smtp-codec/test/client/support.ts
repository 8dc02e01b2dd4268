import { type SaslClient, type SmtpClientEvent, type SmtpClientOptions, SmtpClientSession } from "smtp-codec";
import { byteByByte, type Driven, driveClient, octets, pull, text } from "tools/testing";
import { expect } from "vitest";
import { Restoring } from "../support.ts";

export { echo } from "tools/testing";

export type Command = (session: SmtpClientSession) => void;

/**
 * Plays server octets against a client that gives its commands one after the other, each when the last was answered.
 */
export function play(
  input: string | readonly Uint8Array[],
  commands: readonly Command[],
  options?: SmtpClientOptions,
): Driven<SmtpClientEvent> {
  const session = new SmtpClientSession(options);
  const left = [...commands];
  return driveClient(session, typeof input === "string" ? [octets(input)] : input, (event) => {
    if ("ok" in event && event.type !== "quit" && session.state !== "closed") left.shift()?.(session);
  });
}

/** What came of a conversation. */
export interface Conversation {
  readonly session: SmtpClientSession;
  /** Events in short, and those themselves. */
  readonly shown: readonly string[];
  readonly events: readonly SmtpClientEvent[];
  readonly output: string;
}

/** Octets of the server, or the application's commands, in the order in which they come. */
export type Step = string | Command;

/**
 * Has a conversation, and has it again byte by byte, and with a session restored after every event: all of them must
 * agree.
 */
export function converse(steps: readonly Step[], options: SmtpClientOptions = {}): Conversation {
  const whole = conversation(steps, options, false, false);
  const others = [conversation(steps, options, true, false), conversation(steps, options, false, true)];
  for (const { shown, output } of others)
    expect({ shown, output }).toEqual({ shown: whole.shown, output: whole.output });
  return whole;
}

function conversation(
  steps: readonly Step[],
  options: SmtpClientOptions,
  byOctet: boolean,
  restored: boolean,
): Conversation {
  const box = restored ? new Restored(options) : { session: new SmtpClientSession(options) };
  const events: SmtpClientEvent[] = [];
  let output = "";
  const pulled = () => {
    const from = box instanceof Restored ? box : box.session;
    output += text(pull<SmtpClientEvent>(from, (event) => events.push(event)));
  };
  pulled();
  for (const step of steps) {
    if (typeof step === "function") step(box.session);
    else
      for (const chunk of byOctet ? byteByByte(octets(step)) : [octets(step)]) {
        box.session.receive(chunk);
        pulled();
      }
    pulled();
  }
  return { session: box.session, events, shown: shown({ events, output, waiting: "" }), output };
}

/** A session that after every event gives way to one restored from its snapshot. */
export class Restored extends Restoring<SmtpClientEvent, SmtpClientSession> {
  constructor(options: SmtpClientOptions = {}, mechanism: SaslClient | null = null) {
    super(new SmtpClientSession(options), (session) =>
      SmtpClientSession.restore(structuredClone(session.snapshot()), options, mechanism),
    );
  }
}

export const shown = ({ events }: Driven<SmtpClientEvent>) =>
  events.flatMap((event) => {
    if (event.type === "message" && "outcome" in event) return [`message ${event.outcome}`];
    if (event.type === "violation" && "code" in event) {
      if (event.text === "") throw new Error(`no words for ${event.code}`);
      return [`violation ${event.code}`];
    }
    if (event.type === "closed" && "cause" in event) return [`closed ${event.cause}`];
    return "ok" in event
      ? [`${event.type} ${event.ok ? "ok" : event.reply === null ? "lost" : event.reply.code}`]
      : [event.type];
  });

/** Has a session hear what a server says, line by line: what it sends is taken before each. */
export function hear(
  session: SmtpClientSession,
  said: string,
  on: (event: SmtpClientEvent) => void = () => {},
): Driven<SmtpClientEvent> {
  return driveClient(session, [octets(said)], on, false);
}

export const GREETING = "220 mx.example.com ESMTP\r\n";
export const offer = (...keywords: readonly string[]) =>
  [
    "250-mx.example.com",
    ...keywords.map((keyword, index) => `250${index === keywords.length - 1 ? " " : "-"}${keyword}`),
    "",
  ].join("\r\n");
export const HELLO = `${GREETING}${offer("PIPELINING", "8BITMIME", "SIZE 1000", "AUTH ECHO", "STARTTLS")}`;
export const PLAIN = `${GREETING}${offer("8BITMIME")}`;
export const ehlo: Command = (session) => session.ehlo("client.example.com");
export const nothing: Command = () => {};
export const SENT = "EHLO client.example.com\r\n";
export const transaction: Command = (session) =>
  session.mail("a@example.com").rcpt("b@example.org").rcpt("c@example.org").data();
export const MAIL = "MAIL FROM:<a@example.com> BODY=8BITMIME\r\n";
export const RCPTS = "RCPT TO:<b@example.org>\r\nRCPT TO:<c@example.org>\r\n";
export const message: Command = (session) => session.content(octets("x\n.y"));
export const CONTENT = "x\r\n..y\r\n.\r\n";
