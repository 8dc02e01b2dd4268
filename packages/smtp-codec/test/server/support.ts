import type { SmtpServerOptions } from "smtp-codec";
import { EHLO, replies } from "../support.ts";

export const OFFER = ["PIPELINING", "8BITMIME", "SIZE 10240000", "ENHANCEDSTATUSCODES", "HELP"];
export const HELLO = [
  "250-mx.example.com",
  ...OFFER.map((keyword, index) => `250${index === OFFER.length - 1 ? " " : "-"}${keyword}`),
  "",
].join("\r\n");
export const OUT_OF_PLACE = "503 5.5.1 bad sequence of commands\r\n";
/** The replies behind an accepted EHLO. */
export const greeted = (input: string, options?: Partial<SmtpServerOptions>) =>
  replies(EHLO + input, options).replace(/^(?:250-.*\r\n)*250 .*\r\n/, "");
