import { encodeUtf8 } from "dot-stuffing/driver-test";

/** Who logs in. */
export const USER = "tim";
export const PASSWORD = "tanstaaf";

const HEADER = "Subject: a test of a driver\r\n\r\n";

/** Messages in which dots matter. */
export const messages: readonly Uint8Array[] = [
  encodeUtf8(`${HEADER}.one dot\r\n..two\r\n.\r\nlast line\r\n`),
  encodeUtf8(`${HEADER}.\r\n`),
];

/** A message of 192 KB. */
export const largeMessage: Uint8Array = encodeUtf8(HEADER + `.${"x".repeat(61)}\r\n`.repeat(3000));
