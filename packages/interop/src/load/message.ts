/** A message of so many octets, in lines of 80, as smtp-source sends them. */
export function message(size: number): Uint8Array {
  const header = "From: <alice@example.org>\r\nTo: <bob@example.org>\r\nSubject: load\r\n\r\n";
  const line = `${"X".repeat(78)}\r\n`;
  const lines = Math.floor((size - header.length) / line.length) - 1;
  const last = size - header.length - lines * line.length;
  return Buffer.from(`${header}${line.repeat(lines)}${"X".repeat(last - 2)}\r\n`);
}
