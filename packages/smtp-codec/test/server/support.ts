import type { SmtpServerEvent, SmtpServerOptions } from "smtp-codec";
import { byteByByte, type Driven, octets } from "tools/testing";
import { expect } from "vitest";
import { EHLO, play } from "../support.ts";

export const OFFER = ["PIPELINING", "8BITMIME", "SIZE 10240000", "ENHANCEDSTATUSCODES", "HELP"];
export const HELLO = [
  "250-mx.example.com",
  ...OFFER.map((keyword, index) => `250${index === OFFER.length - 1 ? " " : "-"}${keyword}`),
  "",
].join("\r\n");
export const OUT_OF_PLACE = "503 5.5.1 bad sequence of commands\r\n";

/** What a server makes of octets, whole and byte by byte, which have to agree. */
export function playBothWays(input: string, options?: Partial<SmtpServerOptions>): Driven<SmtpServerEvent> {
  const whole = play(input, options);
  const bytes = play(byteByByte(octets(input)), options);
  expect(bytes.output).toBe(whole.output);
  expect(bytes.events.map(({ type }) => type)).toEqual(whole.events.map(({ type }) => type));
  return whole;
}

/** The replies behind an accepted EHLO, to octets that came whole and byte by byte. */
export function greeted(input: string, options?: Partial<SmtpServerOptions>): string {
  const { output } = playBothWays(EHLO + input, options);
  return output.replace(/^220 [^\r]*\r\n(?:250-.*\r\n)*250 .*\r\n/, "");
}
