import fc from "fast-check";
import { type Maildrop, type Pop3ServerEvent, type Pop3ServerOptions, Pop3ServerSession } from "pop3-codec";
import { byteByByte, chunkings, type Driven, drive, fake, octets } from "tools/testing";
import { expect } from "vitest";

export { fake } from "tools/testing";

export const MESSAGES: readonly string[] = [
  "Subject: one\r\n\r\n.dot\r\nlast\r\n",
  "Subject: two\n\nbare line feeds\n",
  "no header end",
  "",
];

/** Sizes as RETR sends them: every line end CRLF, a missing one added. */
export const MAILDROP: Maildrop = {
  sizes: [28, 33, 15, 0],
  uniqueIds: ["uid-1", "uid-2", "uid-3", "uid-4"],
};

/** Answers like a server whose only user is tim with the password "tanstaaf". */
export function answer(session: Pop3ServerSession, event: Pop3ServerEvent): void {
  if (event.type === "pass") {
    if (event.name === "tim" && event.password === "tanstaaf") session.accept(MAILDROP);
    else session.reject();
  } else if (event.type === "apop" || event.type === "authenticated") session.accept(MAILDROP);
  else if (event.type === "retr" || event.type === "top") session.accept().content(octets(MESSAGES[event.number - 1]!));
  else if (event.type === "auth") session.authenticate(fake(event.mechanism));
  else if (event.type === "sasl") session.proceed({ type: "failure", text: "no" });
  else if (event.answer === "needed") session.accept();
}

/** Plays client octets against a server that answers as above. */
export function play(
  input: string | readonly Uint8Array[],
  options: Pop3ServerOptions = {},
  answering: (session: Pop3ServerSession, event: Pop3ServerEvent) => void = answer,
): Driven<Pop3ServerEvent> {
  const session = new Pop3ServerSession({ plaintextWithoutTls: true, greeting: "", ...options });
  const chunks = typeof input === "string" ? [octets(input)] : input;
  return drive(session, chunks, (event) => answering(session, event));
}

/** The responses to input, without the greeting: the same however it is cut. */
export function responses(input: string, options?: Pop3ServerOptions): string {
  const whole = play(input, options).output;
  const bytes = octets(input);
  const places = fc.sample(chunkings(bytes), { numRuns: 3, seed: bytes.length });
  for (const chunks of [byteByByte(bytes), ...places]) expect(play(chunks, options).output).toBe(whole);
  return whole.replace(/^[^\r]*\r\n/, "");
}

/** A refusal. */
export const no = (...texts: readonly string[]): string => texts.map((text) => `-ERR ${text}\r\n`).join("");
/** Refusals of commands out of place. */
export const outOfPlace = (...verbs: readonly string[]): string =>
  no(...verbs.map((verb) => `${verb} is out of place`));

export const LOGIN = "USER tim\r\nPASS tanstaaf\r\n";
