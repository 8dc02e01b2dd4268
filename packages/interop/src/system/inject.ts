/** Hands a message to a server of others by SMTP, without our codecs: one command after the other. */
import { connect } from "node:net";
import { createInterface } from "node:readline";

export interface Envelope {
  /** `<address>` and parameters, as they stand after `MAIL FROM:` and `RCPT TO:`. */
  readonly mail: string;
  readonly rcpt: readonly string[];
}

/** @param content with CRLF at the end of every line @throws Error naming the first reply that is no success */
export async function inject(port: number, { mail, rcpt }: Envelope, content: Uint8Array): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  const reply = async (): Promise<void> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error("the server ended the connection");
      if (!/^[23]/.test(value)) throw new Error(`the server says ${value}`);
      if (value[3] !== "-") return;
    }
  };
  const stuffed = Buffer.from(content).toString("latin1").replace(/^\./gm, "..");
  try {
    await reply();
    const commands = ["EHLO client.example.org", `MAIL FROM:${mail}`, ...rcpt.map((one) => `RCPT TO:${one}`), "DATA"];
    for (const line of commands) {
      socket.write(`${line}\r\n`);
      await reply();
    }
    socket.write(`${stuffed}.\r\n`, "latin1");
    await reply();
    socket.write("QUIT\r\n");
    await reply();
  } finally {
    socket.destroy();
  }
}
