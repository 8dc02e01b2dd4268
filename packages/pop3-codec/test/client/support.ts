import type { Pop3ClientEvent, Pop3ClientOptions, Pop3ClientSession } from "pop3-codec";
import { byteByByte, cutAt, type Driven, driveClient, octets, text } from "tools/testing";
import { PromptClient } from "../prompt-client.ts";

export { echo } from "tools/testing";

export type Command = (session: Pop3ClientSession) => void;

/** Plays server octets against a client that gives its commands one after the other, each when nothing is under way. */
export function play(
  input: string | readonly Uint8Array[],
  commands: readonly Command[],
  options?: Pop3ClientOptions,
): Driven<Pop3ClientEvent> {
  const session = new PromptClient({ plaintextWithoutTls: true, ...options });
  const left = [...commands];
  return driveClient(session, typeof input === "string" ? [octets(input)] : input, (event) => {
    if ("ok" in event && event.type !== "quit") left.shift()?.(session);
  });
}

export const shown = ({ events }: Driven<Pop3ClientEvent>) =>
  events.flatMap((event) => {
    if (event.type === "content") return [`content ${text(event.bytes)}`];
    if (event.type === "scan-listing") return [`${event.number} ${event.size}`];
    if (event.type === "unique-id-listing") return [`${event.number} ${event.uniqueId}`];
    if (event.type === "language-listing") return [`${event.language} ${event.text}`];
    if (event.type === "lang" && event.language !== null) return [`lang ok ${event.language}`];
    if (event.type === "violation") return [`violation ${event.code}${event.fatal ? " fatal" : ""}`];
    if (event.type === "closed") return [`closed ${event.cause}`];
    return "ok" in event
      ? [`${event.type} ${event.ok ? "ok" : "response" in event && event.response === null ? "lost" : "no"}`]
      : [event.type];
  });

/** Whole, byte by byte, and cut in two inside of the last line and in front of its end. */
export function cuttings(input: Uint8Array): Uint8Array[][] {
  const places = [1, 2, 3].map((count) => Math.max(0, input.length - count));
  return [[input], byteByByte(input), ...places.map((place) => cutAt(input, [place]))];
}

export const login: Command = (session) => session.user("tim").pass("tanstaaf");
export const nothing: Command = () => {};
export const HELLO = "+OK ready\r\n";
export const IN = `${HELLO}+OK\r\n+OK\r\n`;
export const loggedIn = (...more: readonly Command[]): Command[] => [login, nothing, ...more];
