/** What others use to receive and to send content, driven as their own servers and clients drive them. */
import { once } from "node:events";
import { Writable } from "node:stream";
import MessageStream from "haraka-message-stream";
import DataStream from "nodemailer/lib/smtp-connection/data-stream";
import { SMTPStream } from "smtp-server/lib/smtp-stream";

type Sink = (piece: Uint8Array) => void;

/** smtp-server's parser in its data mode: it neither checks nor normalises CR and LF. */
export async function smtpServer(wire: readonly Uint8Array[], sink: Sink): Promise<void> {
  const stream = new SMTPStream();
  const content = stream.startDataMode();
  content.on("data", sink);
  const ended = once(content, "end");
  for (const chunk of wire) if (!stream.write(chunk)) await Promise.race([once(stream, "drain"), ended]);
  await ended;
}

/**
 * Haraka's connection cuts lines at LF and hands them over one by one, without the last; the stream unstuffs on the way
 * out.
 */
export async function haraka(wire: readonly Uint8Array[], sink: Sink): Promise<void> {
  const stream = new MessageStream({ main: { spool_after: -1 } }, "bench");
  let rest: Buffer = Buffer.alloc(0);
  for (const chunk of wire) {
    const bytes =
      rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let from = 0;
    for (let end = bytes.indexOf(0x0a) + 1; end > 0; end = bytes.indexOf(0x0a, from) + 1) {
      const line = bytes.subarray(from, end);
      from = end;
      if (line.length === 3 && line[0] === 0x2e && line[1] === 0x0d) stream.add_line_end();
      else stream.add_line(line);
    }
    rest = bytes.subarray(from);
  }
  const out = new Writable({
    write(piece: Buffer, _encoding, done) {
      sink(piece);
      done();
    },
  });
  const finished = once(out, "finish");
  stream.pipe(out, { dot_stuffed: true });
  await finished;
}

/** nodemailer's stream in front of the socket. */
export async function nodemailer(content: readonly Uint8Array[], sink: Sink): Promise<void> {
  const stream = new DataStream();
  stream.on("data", sink);
  const ended = once(stream, "end");
  for (const chunk of content) if (!stream.write(chunk)) await once(stream, "drain");
  stream.end();
  await ended;
}
