import { SmtpTranscript } from "smtp-codec";
import { describe, expect, it } from "vitest";

const octets = (text: string) => new TextEncoder().encode(text);

const EXCHANGE: readonly (readonly ["C" | "S", string])[] = [
  ["S", "220-mx.example.com ESMTP\r\n220 334 354 not codes\r\n"],
  ["C", "EHLO me.example.com\r\n"],
  ["S", "250-mx.example.com\r\n250 AUTH PLAIN LOGIN\r\n"],
  ["C", "AUTH PLAIN AHRpbQB0YW5zdGFhZg==\r\n"],
  ["S", "535 5.7.8 no\r\n"],
  ["C", "auth  LOGIN dGlt\r\n"],
  ["S", "334 UGFzc3dvcmQ6\r\n"],
  ["C", "dGFuc3RhYWY=\r\n"],
  ["S", "235 2.7.0 yes\r\n"],
  ["C", "burl  imap://h/x;urlauth=s LAST\r\nBURL imap:s\r\n"],
  ["C", "AUTH XOAUTH2 =\r\n"],
  ["S", "334 eyJzdGF0dXMiOiI0MDEifQ==\r\n"],
  ["C", "*\r\n"],
  ["S", "501 5.7.0 cancelled\r\n"],
  ["C", "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"],
  ["S", "250 ok\r\n250 ok\r\n354 go ahead\r\n"],
  ["C", "Subject: x\r\n\r\nAUTH PLAIN in the text\r\n..dot\r\n.\r\nQUIT\r\n"],
  ["S", "250 ok\r\n221 bye\r\n"],
];

const SHOWN = [
  "S: 220-mx.example.com ESMTP",
  "S: 220 334 354 not codes",
  "C: EHLO me.example.com",
  "S: 250-mx.example.com",
  "S: 250 AUTH PLAIN LOGIN",
  "C: AUTH PLAIN [redacted]",
  "S: 535 5.7.8 no",
  "C: auth  LOGIN [redacted]",
  "S: 334 UGFzc3dvcmQ6",
  "C: [redacted]",
  "S: 235 2.7.0 yes",
  "C: burl  [redacted] LAST",
  "C: BURL [redacted]",
  "C: AUTH XOAUTH2 =",
  "S: 334 eyJzdGF0dXMiOiI0MDEifQ==",
  "C: *",
  "S: 501 5.7.0 cancelled",
  "C: MAIL FROM:<a@example.com>",
  "C: RCPT TO:<b@example.com>",
  "C: DATA",
  "S: 250 ok",
  "S: 250 ok",
  "S: 354 go ahead",
  "C: [content: 44 octets, 1 lines stuffed]",
  "C: QUIT",
  "S: 250 ok",
  "S: 221 bye",
];

describe("SmtpTranscript", () => {
  it.each([
    ["whole", (text: string) => [text]],
    ["byte by byte", (text: string) => [...text]],
  ])("[AUTH-4-28] shows lines with secrets redacted and content summarised, %s", (_, cut) => {
    const transcript = new SmtpTranscript();
    const shown = EXCHANGE.flatMap(([from, text]) =>
      cut(text).flatMap((piece) =>
        from === "C" ? transcript.client(octets(piece)) : transcript.server(octets(piece)),
      ),
    ).map(({ from, text }) => `${from === "client" ? "C" : "S"}: ${text}`);
    expect(shown).toEqual(SHOWN);
  });

  it.each([
    ["AUTH PLAIN dG\rlt", "AUTH PLAIN [redacted]"],
    ["AUTH PLAIN a\u2028b", "AUTH PLAIN [redacted]"],
    ["\n\0 auth\tPLAIN  dGlt", "\n\0 auth\tPLAIN  [redacted]"],
    ["AUTH PLAIN\0dGlt", "AUTH PLAIN\0[redacted]"],
    ["auth\0PLAIN \0dGlt", "auth\0PLAIN \0[redacted]"],
    ["AUTH AHUAczNjcjN0UFc=", "AUTH [redacted]"],
    ["AUTH AHUAczNjcjN0 UFc=", "AUTH [redacted]"],
    ["AUTH=PLAIN AHUAczNjcjN0UFc=", "AUTH=PLAIN [redacted]"],
    ["auth = plain AHUA", "auth = plain [redacted]"],
    ["AUTH=AHUAczNjcjN0UFc=", "AUTH=[redacted]"],
    ["AUTH PLAIN=AHUA", "AUTH PLAIN=[redacted]"],
    ["AUTH:PLAIN AHUA b", "AUTH:PLAIN AHUA [redacted]"],
    ["AUTHENTICATE PLAIN AHUA", "AUTHENTICATE PLAIN [redacted]"],
    [`AUTH ${"A".repeat(21)}`, "AUTH [redacted]"],
    ["AUTH Plain", "AUTH [redacted]"],
    ["AUTH x-own_2", "AUTH x-own_2"],
    ["AUTH ", "AUTH "],
    ["AUTH =", "AUTH ="],
    ["burl\0imap:s\0LAST", "burl\0[redacted]\0LAST"],
    ["NOOP\nAUTH PLAIN dGlt\nNOOP", "NOOP\nAUTH PLAIN [redacted]"],
    ["NOOP\nBURL imap://secret LAST", "NOOP\nBURL [redacted] LAST"],
    ["burl imap:s\r\0 burl\timap:t", "burl [redacted]\r\0 burl\t[redacted]"],
  ])("[AUTH-4-28] shows no secret of what is not quite a command either: %j", (line, shown) => {
    expect(new SmtpTranscript().client(octets(`${line}\r\n`))).toEqual([{ from: "client", text: shown }]);
  });

  it("[AUTH-4-28] shows no response that is sent before the challenge has come", () => {
    const transcript = new SmtpTranscript();
    const client = (text: string) => transcript.client(octets(text)).map((line) => line.text);
    expect(client("AUTH LOGIN\r\ndGlt\r\n*\r\nc2VjcmV0\r\nNOOP\r\nFOO\r\n")).toEqual([
      ...["AUTH LOGIN", "[redacted]", "*", "[redacted]", "NOOP", "FOO"],
    ]);
    client("AUTH PLAIN\r\n");
    transcript.tls();
    expect(client("FOO\r\n")).toEqual(["FOO"]);
  });

  it("[AUTH-4-28] shows no response to a refusal, nor after an AUTH in a line that is no command", () => {
    const transcript = new SmtpTranscript();
    const client = (text: string) => transcript.client(octets(text)).map((line) => line.text);
    for (const auth of ["AUTH PLAIN\r\n", "\tAUTH\tPLAIN\r\n", "NOOP\nAUTH PLAIN\r\n"]) {
      client(auth);
      transcript.server(octets("504 no\r\n"));
      expect(client("c2VjcmV0\r\nc2VjcmV0\r\nNOOP\r\nFOO\r\n")).toEqual(["[redacted]", "[redacted]", "NOOP", "FOO"]);
    }
  });

  it.each([
    ["whole", (text: string) => [text]],
    ["octet by octet", (text: string) => [...text]],
  ])("shows no content that is sent before 354 has come, %s", (_, cut) => {
    const transcript = new SmtpTranscript();
    const client = (text: string) =>
      cut(text).flatMap((piece) => transcript.client(octets(piece)).map((line) => line.text));
    const server = (text: string) => transcript.server(octets(text)).map((line) => `${line.from} ${line.text}`);
    server("220 a\r\n");
    const mail = ["MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA"];
    const sent = client(`${mail.join("\r\n")}\r\nhidden\r\n..\r\n.\r\nNOOP\r\n`);
    expect(sent).toEqual([...mail, "[content: 11 octets, 1 lines stuffed]", "NOOP"]);
    expect(server("250 a\r\n550 b\r\n354 c\r\n250 d\r\n250 e\r\n")).toHaveLength(5);
    expect(client("DATA\r\nhid")).toEqual(["DATA"]);
    expect(server("354 go\r\n")).toEqual(["server 354 go"]);
    expect(client("den\r\n.\r\nRSET\r\n")).toEqual(["[content: 8 octets, 0 lines stuffed]", "RSET"]);
  });

  it("shows nothing that is sent after a DATA that is refused in one breath with it", () => {
    const transcript = new SmtpTranscript();
    const client = (text: string) => transcript.client(octets(text)).map((line) => line.text);
    const server = (text: string) => transcript.server(octets(text)).map((line) => `${line.from} ${line.text}`);
    server("220 a\r\n");
    expect(client("DATA\r\nhidden\r\nhid")).toEqual(["DATA"]);
    expect(server("503 no\r\n")).toEqual(["client [no content: 11 octets]", "server 503 no"]);
    expect(client("den\r\nNOOP\r\nDATA\r\n")).toEqual(["[redacted]", "NOOP", "DATA"]);
    expect(server("500 no\r\n250 ok\r\n503 no\r\n")).toEqual(["server 500 no", "server 250 ok", "server 503 no"]);
    expect(client("DATA\r\nhidden\r\n")).toEqual(["DATA"]);
    expect(server("503 no\r\n")).toEqual(["client [no content: 8 octets]", "server 503 no"]);
    expect(client("NOOP\r\nDATA\r\nhidden\r\n")).toEqual(["NOOP", "DATA"]);
    transcript.tls();
    expect(client("EHLO me\r\n")).toEqual(["EHLO me"]);
  });

  it("forgets at a handshake what was begun before it", () => {
    const transcript = new SmtpTranscript();
    transcript.server(octets("334 \r\n220 half"));
    transcript.client(octets("half a line"));
    transcript.tls();
    expect(transcript.client(octets("EHLO me\r\n"))).toEqual([{ from: "client", text: "EHLO me" }]);
    expect(transcript.server(octets("250 ok\r\n"))).toEqual([{ from: "server", text: "250 ok" }]);
    transcript.server(octets("354 go\r\n"));
    transcript.client(octets("half of some content"));
    transcript.tls();
    expect(transcript.client(octets("EHLO me\r\n"))).toEqual([{ from: "client", text: "EHLO me" }]);
    expect(transcript.server(octets("250 ok\r\n"))).toEqual([{ from: "server", text: "250 ok" }]);
  });

  it("[CHUNK-2-2] summarises chunks, whatever they hold and however they are cut", () => {
    const wire =
      "BDAT 20\r\nQUIT\r\nAUTH PLAIN x\r\nbdat 0\r\nBDAT 3 LAST\r\n.\r\nNOOP\r\nBDAT\r\nbdat\t00000000000000000001 LAST\r\n\nBDAT 9999999999999999\r\nall\r\nelse\r\n";
    const shown = ["BDAT 20", "[chunk: 20 octets]", "bdat 0", "BDAT 3 LAST", "[chunk: 3 octets]", "NOOP"];
    const rest = ["BDAT", "bdat\t00000000000000000001 LAST", "[chunk: 1 octets]", "BDAT 9999999999999999"];
    for (const pieces of [[wire], [...wire]]) {
      const transcript = new SmtpTranscript();
      const lines = pieces.flatMap((piece) => transcript.client(octets(piece)));
      expect(lines.map(({ text }) => text)).toEqual([...shown, ...rest]);
    }
    const transcript = new SmtpTranscript();
    transcript.client(octets("BDAT 20\r\nhalf"));
    transcript.tls();
    expect(transcript.client(octets("NOOP\r\n"))).toEqual([{ from: "client", text: "NOOP" }]);
  });

  it("names a line that is too long to show", () => {
    const transcript = new SmtpTranscript();
    expect(transcript.client(octets(`${"x".repeat(70_000)}\r\n`))[0]!.text).toMatch(
      /^\[a line of more than 65536 octets/,
    );
    expect(transcript.server(octets(`${"x".repeat(70_000)}\r\n`))[0]!.text).toMatch(
      /^\[a line of more than 65536 octets/,
    );
  });
});

describe("what is shown, and what is not", () => {
  /** Lines of one side after those of the other. */
  const shown = (...said: readonly (readonly ["C" | "S", string])[]) => {
    const transcript = new SmtpTranscript();
    return said.map(([from, text]) => {
      const lines = from === "C" ? transcript.client(octets(text)) : transcript.server(octets(text));
      return lines.map((line) => line.text);
    });
  };

  it.each<[string, string, string[]]>([
    ["a response that looks like a verb", "AUTH X\r\n|334 \r\n|DATA\r\n", ["[redacted]"]],
    ["a response to 334 without a space", "NOOP\r\n|334\r\n|c2VjcmV0\r\n", ["[redacted]"]],
    ["a line behind 334 in the midst of a reply", "NOOP\r\n|334-x\r\n|FOO\r\n", ["FOO"]],
    ["a line behind 334 in the midst of a text", "NOOP\r\n|250 x 334 y\r\nx334 y\r\n|FOO\r\n", ["FOO"]],
    ["a line behind what only begins like 334", "NOOP\r\n|334x 250 y\r\n|FOO\r\n", ["FOO"]],
    ["a line behind AUTH in an argument", "NOOP auth x\r\n||FOO\r\n", ["FOO"]],
    [
      "a dot behind a response that reads DATA",
      "AUTH X\r\nDATA\r\n|334 \r\n535 no\r\n|.\r\nNOOP\r\n",
      ["[redacted]", "NOOP"],
    ],
    ["a line behind AUTH itself", "AUTH X\r\n||FOO\r\n", ["[redacted]"]],
    ["a line behind AUTH behind an LF", "NOOP\nAUTH LOGIN\r\n||dGlt\r\n", ["[redacted]"]],
    ["a line behind AUTH with a tab", "\0auth\tLOGIN\r\n||dGlt\r\n", ["[redacted]"]],
    [
      "commands behind a response",
      "AUTH X\r\n|334 \r\n|DATA\r\nBDAT 3\r\nab\nQUIT\r\n",
      ["[redacted]", "BDAT 3", "[chunk: 3 octets]", "QUIT"],
    ],
    [
      "content that a reply without CR asks for",
      "DATA\r\n|354 go\n|a\r\n.\r\n",
      ["[content: 3 octets, 0 lines stuffed]"],
    ],
    ["lines behind BDAT in an argument", "NOOP bdat 5\r\n||RSET\r\n", ["RSET"]],
    ["a chunk", "BDAT  5\r\n||RSET\r\n", ["[chunk: 5 octets]"]],
    ["a chunk after blanks", "\t\0 bdat 5\r\n||RSET\r\n", ["[chunk: 5 octets]"]],
    ["a line after a verb that ends like BDAT", "xbdat 5\r\n||RSET\r\n", ["RSET"]],
    ["a line after a refusal without CR", "DATA\r\n|220 a\n503 no\n|NOOP\r\n", ["NOOP"]],
    ["BURL in an argument", "||NOOP burl imap:x\r\n", ["NOOP burl imap:x"]],
    ["a verb that ends like BURL", "||xburl imap:x\r\n", ["xburl imap:x"]],
    ["BURL behind blanks", "|| \0burl\timap:x LAST\r\n", [" \0burl\t[redacted] LAST"]],
    ["content with bare line ends", "DATA\r\n|354 \r\n|a\nb\r\n.\r\n", ["[content: 5 octets, 0 lines stuffed]"]],
  ])("%s", (_, said, expected) => {
    const [before, between, last] = said.split("|") as [string, string, string];
    expect(shown(["C", before], ["S", between], ["C", last])[2]).toEqual(expected);
  });

  it("what waits for its end outlives the chunks that it came in", () => {
    const transcript = new SmtpTranscript();
    for (const side of ["client", "server"] as const) {
      const chunk = octets("250 hel");
      expect(transcript[side](chunk)).toEqual([]);
      chunk.fill(0xaa);
      expect(transcript[side](octets("lo\r\n"))).toEqual([{ from: side, text: "250 hello" }]);
    }
  });
});
