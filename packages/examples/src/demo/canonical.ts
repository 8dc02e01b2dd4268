/**
 * What a message must look like after it was sent and fetched: every line with its CRLF. Made from the octets alone,
 * without the codecs, so that they can be judged by it.
 */
export interface Canonical {
  readonly octets: Uint8Array;
  /** What sending has to change. */
  readonly changes: readonly ("line ends" | "final CRLF")[];
}

export function canonical(octets: Uint8Array): Canonical {
  // One character an octet, and back.
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString("latin1");
  const lines = text.replace(/\r(?!\n)|(?<!\r)\n/g, "\r\n");
  const whole = lines === "" || lines.endsWith("\r\n") ? lines : `${lines}\r\n`;
  return {
    octets: Buffer.from(whole, "latin1"),
    changes: [...(lines === text ? [] : ["line ends" as const]), ...(whole === lines ? [] : ["final CRLF" as const])],
  };
}
