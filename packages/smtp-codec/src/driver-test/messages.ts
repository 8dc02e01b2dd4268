import { encodeUtf8 } from "dot-stuffing/driver-test";

/** Who sends the kit's messages, and to whom. */
export const SENDER = "sender@example.com";
export const RECIPIENT = "recipient@example.org";
/** To whom the messages go that are never stored. */
export const OTHER_RECIPIENT = "other@example.org";

const HEADER = "Subject: a test of a driver\r\n\r\n";

/** A message in which dots matter. */
export const message: Uint8Array<ArrayBuffer> = encodeUtf8(`${HEADER}.one dot\r\n..two\r\n.\r\nlast line\r\n`);

/** Another one. */
export const otherMessage: Uint8Array<ArrayBuffer> = encodeUtf8(`${HEADER}the other one\r\n`);

/** A message of 192 KB. */
export const largeMessage: Uint8Array<ArrayBuffer> = encodeUtf8(HEADER + `.${"x".repeat(61)}\r\n`.repeat(3000));
