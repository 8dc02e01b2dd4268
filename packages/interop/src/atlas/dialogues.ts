/** The turns of SMTP and POP3, with good answers in every place that a question leaves alone. */
import type { Dialogue, Said } from "./scripted-server.ts";

type Replies = Readonly<Record<string, Said>>;

const SMTP_GOOD: Readonly<Record<string, string>> = {
  greeting: "220 mx.example.com ESMTP\r\n",
  EHLO: "250-mx.example.com\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\n",
  HELO: "250 mx.example.com\r\n",
  STARTTLS: "220 2.0.0 go ahead\r\n",
  AUTH: "235 2.7.0 ok\r\n",
  MAIL: "250 2.1.0 ok\r\n",
  RCPT: "250 2.1.5 ok\r\n",
  DATA: "354 go ahead\r\n",
  content: "250 2.0.0 queued\r\n",
  RSET: "250 2.0.0 ok\r\n",
  NOOP: "250 2.0.0 ok\r\n",
  QUIT: "221 2.0.0 bye\r\n",
};

/** What is said to a line that no turn has. */
const UNKNOWN = "500 5.5.1 what?\r\n";

/** After QUIT the server ends the connection (RFC 5321 §4.1.1.10, RFC 1939 §6). */
function ending(said: Said): Said {
  return typeof said === "string" ? { last: said } : said;
}

/** @param replies what stands in the place of the good ones */
export function smtpDialogue(replies: Replies, offersTls: boolean): Dialogue {
  const good = offersTls
    ? { ...SMTP_GOOD, EHLO: SMTP_GOOD["EHLO"]!.replace("250-AUTH", "250-STARTTLS\r\n250-AUTH") }
    : SMTP_GOOD;
  const said = { ...good, ...replies };
  let state: "command" | "response" | "data" = "command";
  return {
    greeting: said["greeting"]!,
    tlsBehind: "STARTTLS",
    end: () => (state === "data" ? "\r\n.\r\n" : "\n"),
    take: (text) => {
      if (state === "data") {
        state = "command";
        return { name: "content", reply: said["content"]! };
      }
      const line = text.replace(/\r$/, "");
      const name = line.split(" ", 1)[0]!.toUpperCase();
      if (state === "response") {
        state = "command";
        return { name: "response", reply: said["AUTH"]! };
      }
      if (!(name in said) || name === "CONTENT") return { name: "other", reply: UNKNOWN };
      if (name === "AUTH" && line.split(" ").length === 2) {
        state = "response";
        return { name, reply: "334 \r\n" };
      }
      if (name === "QUIT") return { name, reply: ending(said[name]!) };
      if (name === "DATA" && String(said["DATA"]).startsWith("354")) state = "data";
      return { name, reply: said[name]! };
    },
  };
}

/** What stands in front of the body of the one message in the maildrop. */
export const POP3_HEADER =
  "From: Alice <alice@example.org>\r\nTo: Bob <bob@example.org>\r\nDate: Sun, 29 Nov 2026 00:00:00 +0000\r\nMessage-ID: <atlas@example.org>\r\nSubject: atlas\r\n\r\n";

/** @param body of the message in the maildrop */
export function pop3Dialogue(replies: Replies, body: string, offersTls: boolean): Dialogue {
  const message = POP3_HEADER + body;
  const size = message.length;
  const given = `+OK\r\n${message.replace(/^\./gm, "..")}.\r\n`;
  const good: Readonly<Record<string, string>> = {
    greeting: "+OK ready\r\n",
    CAPA: `+OK\r\nUSER\r\nUIDL\r\nTOP\r\n${offersTls ? "STLS\r\n" : ""}.\r\n`,
    STLS: "+OK go ahead\r\n",
    AUTH: "-ERR no\r\n",
    LAST: "-ERR no\r\n",
    USER: "+OK\r\n",
    PASS: "+OK\r\n",
    STAT: `+OK 1 ${size}\r\n`,
    LIST: `+OK\r\n1 ${size}\r\n.\r\n`,
    UIDL: "+OK\r\n1 atlas\r\n.\r\n",
    RETR: given,
    TOP: given,
    DELE: "+OK\r\n",
    RSET: "+OK\r\n",
    NOOP: "+OK\r\n",
    QUIT: "+OK bye\r\n",
  };
  const said = { ...good, ...replies };
  /** LIST and UIDL of one message. */
  const single: Readonly<Record<string, string>> = { LIST: `+OK 1 ${size}\r\n`, UIDL: "+OK 1 atlas\r\n" };
  return {
    greeting: said["greeting"]!,
    tlsBehind: "STLS",
    end: () => "\n",
    take: (text) => {
      const [name = "", argument] = text.replace(/\r$/, "").toUpperCase().split(" ");
      if (!(name in said)) return { name: "other", reply: "-ERR what?\r\n" };
      if (name === "QUIT") return { name, reply: ending(said[name]!) };
      const isSingle = argument !== undefined && name in single && !(name in replies);
      return { name, reply: isSingle ? single[name]! : said[name]! };
    },
  };
}
