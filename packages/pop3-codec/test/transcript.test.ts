import { Pop3Transcript } from "pop3-codec";
import { describe, expect, it } from "vitest";

const octets = (text: string) => new TextEncoder().encode(text);

const EXCHANGE: readonly (readonly ["C" | "S", string])[] = [
  ["S", "+OK ready <1.2@example.com>\r\n"],
  ["C", "CAPA\r\n"],
  ["S", "+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n"],
  ["C", "USER tim\r\nPASS tan staaf\r\n"],
  ["S", "+OK\r\n-ERR no\r\n"],
  ["C", "apop tim the tester c4c9334bac560ecc979e58001b3e22fb\r\n"],
  ["S", "-ERR no\r\n"],
  ["C", "AUTH PLAIN dGlt\r\n"],
  ["S", "-ERR no\r\n"],
  ["C", "AUTH LOGIN\r\n"],
  ["S", "+ VXNlcm5hbWU6\r\n"],
  ["C", "dGlt\r\n"],
  ["S", "+ UGFzc3dvcmQ6\r\n"],
  ["C", "*\r\n"],
  ["S", "-ERR cancelled\r\n"],
  ["C", "AUTH PLAIN =\r\n"],
  ["S", "+OK\r\n"],
  ["C", "LIST\r\nRETR 1\r\nLIST 2\r\nRETR 9\r\nTOP 1 0\r\n"],
  ["S", "+OK\r\n1 30\r\n.\r\n+OK\r\nSubject: x\r\n\r\nPASS me\r\n..dot\r\n.\r\n+OK 2 5\r\n-ERR none\r\n+OK\r\n.\r\n"],
  ["C", "LANG\r\nRETR 1\r\n"],
  ["S", "+OK\r\nen English\r\n.\r\n+OK\r\n.\r\n"],
  ["C", "QUIT\r\n"],
  ["S", "+OK bye\r\n"],
];

const SHOWN = [
  "S: +OK ready <1.2@example.com>",
  "C: CAPA",
  "S: +OK",
  "S: USER",
  "S: SASL PLAIN",
  "S: .",
  "C: USER tim",
  "C: PASS [redacted]",
  "S: +OK",
  "S: -ERR no",
  "C: apop tim the tester [redacted]",
  "S: -ERR no",
  "C: AUTH PLAIN [redacted]",
  "S: -ERR no",
  "C: AUTH LOGIN",
  "S: + VXNlcm5hbWU6",
  "C: [redacted]",
  "S: + UGFzc3dvcmQ6",
  "C: *",
  "S: -ERR cancelled",
  "C: AUTH PLAIN =",
  "S: +OK",
  "C: LIST",
  "C: RETR 1",
  "C: LIST 2",
  "C: RETR 9",
  "C: TOP 1 0",
  "S: +OK",
  "S: 1 30",
  "S: .",
  "S: +OK",
  "S: [content: 29 octets, 1 lines stuffed]",
  "S: +OK 2 5",
  "S: -ERR none",
  "S: +OK",
  "S: [content: 0 octets, 0 lines stuffed]",
  "C: LANG",
  "C: RETR 1",
  "S: +OK",
  "S: en English",
  "S: .",
  "S: +OK",
  "S: [content: 0 octets, 0 lines stuffed]",
  "C: QUIT",
  "S: +OK bye",
];

describe("Pop3Transcript", () => {
  it.each([
    ["whole", (text: string) => [text]],
    ["byte by byte", (text: string) => [...text]],
  ])("[POP3-13-1] shows lines with secrets redacted and content summarised, %s", (_, cut) => {
    const transcript = new Pop3Transcript();
    const shown = EXCHANGE.flatMap(([from, text]) =>
      cut(text).flatMap((piece) =>
        from === "C" ? transcript.client(octets(piece)) : transcript.server(octets(piece)),
      ),
    ).map(({ from, text }) => `${from === "client" ? "C" : "S"}: ${text}`);
    expect(shown).toEqual(SHOWN);
  });

  it.each([
    ["PASS a\u2028b", "PASS [redacted]"],
    ["PASS a\u00e9\rb", "PASS [redacted]"],
    ["PASS a\nNOOP", "PASS [redacted]"],
    ["NOOP\n PASS a\nNOOP", "NOOP\n PASS [redacted]"],
    ["\n\n\0\tpass\ta b", "\n\n\0\tpass\t[redacted]"],
    ["APOP tim c4c9334b  ", "APOP tim [redacted]"],
    ["APOP c4c9334b", "APOP [redacted]"],
    ["APOP t\rim c4c9334b", "APOP [redacted]"],
    [" AUTH\tPLAIN  dG\rlt", " AUTH\tPLAIN  [redacted]"],
    ["NOOP\nAUTH PLAIN dGlt\nNOOP", "NOOP\nAUTH PLAIN [redacted]"],
    ["pass\0needle a", "pass\0[redacted]"],
    ["AUTH PLAIN\0needle", "AUTH PLAIN\0[redacted]"],
    ["AUTH\0PLAIN \0needle", "AUTH\0PLAIN \0[redacted]"],
    ["AUTH AHUAczNjcjN0UFc=", "AUTH [redacted]"],
    ["AUTH=PLAIN needle", "AUTH=PLAIN [redacted]"],
    ["NOOP\rAUTH\tneedLe\rx", "NOOP\rAUTH\t[redacted]"],
    ["AUTH", "AUTH"],
    ["APOP\0tim\0needle", "APOP\0tim\0[redacted]"],
    ["APOP tim needle\0", "APOP tim [redacted]"],
    ["APOP\0tim\n needle", "APOP\0[redacted]"],
    ["USER compass needle", "USER compass needle"],
    ["XTND oauth a b", "XTND oauth a b"],
  ])("[POP3-13-1] shows no secret of what is not quite a command either: %j", (line, shown) => {
    expect(new Pop3Transcript().client(octets(`${line}\r\n`))).toEqual([{ from: "client", text: shown }]);
  });

  it("[POP3-13-1] shows no response that is sent before the challenge has come", () => {
    const transcript = new Pop3Transcript();
    transcript.server(octets("+OK ready\r\n"));
    const client = (text: string) => transcript.client(octets(text)).map((line) => line.text);
    expect(client("AUTH LOGIN\r\ndGlt\r\na pass word\r\nNOOP\r\n")).toEqual([
      ...["AUTH LOGIN", "[redacted]", "[redacted]", "NOOP"],
    ]);
    transcript.server(octets("-ERR no\r\n-ERR no\r\n"));
    expect(client("dGlt\r\n")).toEqual(["dGlt"]);
    client("AUTH PLAIN\r\n");
    transcript.tls();
    expect(client("FOO\r\n")).toEqual(["FOO"]);
  });

  /** What is shown of an exchange, given in the order in which it was sent. */
  function shown(transcript: Pop3Transcript, ...exchange: readonly (readonly ["C" | "S" | "TLS", string])[]): string[] {
    return exchange.flatMap(([from, text]) => {
      if (from === "TLS") transcript.tls();
      const lines = from === "C" ? transcript.client(octets(text)) : transcript.server(octets(text));
      return lines.map((line) => line.text);
    });
  }
  const MESSAGE = "+OK 5 octets\r\nsecret\r\n.\r\n";
  const SUMMARY = ["+OK 5 octets", "[content: 8 octets, 0 lines stuffed]"];

  it.each(["CAPA", "LIST", "UIDL", "AUTH", "LANG"])(
    "knows that %s has lines, and what comes behind them",
    (command) => {
      const behind = ["C", `${command}\r\nRETR 1\r\n`] as const;
      const answer = ["S", `+OK\r\nx\r\n.\r\n${MESSAGE}`] as const;
      const lines = [command, "RETR 1", "+OK", "x", ".", ...SUMMARY];
      expect(shown(new Pop3Transcript(), ["S", "+OK\r\n"], behind, answer)).toEqual(["+OK", ...lines]);
    },
  );

  it.each(["LIST 1", "UIDL 1", "AUTH PLAIN", "LANG en", "NOOP", "TOP 1 0"])(
    "and that %s refused has none",
    (command) => {
      const behind = ["C", `${command}\r\nRETR 1\r\n`] as const;
      const answer = ["S", `-ERR\r\n${MESSAGE}`] as const;
      const lines = [command, "RETR 1", "-ERR", ...SUMMARY];
      expect(shown(new Pop3Transcript(), ["S", "+OK\r\n"], behind, answer)).toEqual(["+OK", ...lines]);
    },
  );

  it("shows no message, the first command's and one asked for before the greeting among them", () => {
    const early = shown(new Pop3Transcript(), ["C", "RETR 1\r\n"], ["S", `+OK ready\r\n${MESSAGE}`]);
    expect(early).toEqual(["RETR 1", "+OK ready", ...SUMMARY]);
    const underTls = shown(new Pop3Transcript(), ["S", "+OK\r\n"], ["TLS", ""], ["C", "RETR 1\r\n"], ["S", MESSAGE]);
    expect(underTls).toEqual(["+OK", "RETR 1", ...SUMMARY]);
    const bare = shown(new Pop3Transcript(), ["S", "+OK\r\n"], ["C", "RETR 1\r\n"], ["S", "+OK\r\na\nb\rc\r\n.\r\n"]);
    expect(bare.at(-1)).toBe("[content: 7 octets, 0 lines stuffed]");
  });

  it("tells a challenge from a response", () => {
    // The first RETR answers the challenge, whatever it looks like.
    const exchange = [["S", "+OK\r\n"] as const, ["C", "AUTH LOGIN\r\nRETR 1\r\nRETR 2\r\n"] as const];
    const refused = ["S", `+ VXNlcm5hbWU6\r\n-ERR\r\n${MESSAGE}`] as const;
    expect(shown(new Pop3Transcript(), ...exchange, refused).slice(4)).toEqual(["+ VXNlcm5hbWU6", "-ERR", ...SUMMARY]);
    const transcript = new Pop3Transcript();
    expect(shown(transcript, ["S", "+OK 1 + 2\r\n"], ["C", "FOO\r\n"])).toEqual(["+OK 1 + 2", "FOO"]);
    expect(shown(transcript, ["S", "+\r\n"], ["C", "dGlt\r\n"])).toEqual(["+", "[redacted]"]);
  });

  const LOGIN = ["AUTH LOGIN\r\n", "dGlt\r\n", "Z2VoZWlt\r\n"] as const;

  it.each([
    ["empty lines", "\r\n", {}],
    ["an LF", "\n", {}],
    ["CR LF LF", "\r\n\n", {}],
    ["LF CR LF", "\n\r\n", {}],
    ["a CR", "\r", { bareLineFeed: true }],
  ])("[POP3-13-1] keeps step over %s in front of a status line, as a client does", (_, end, options) => {
    const lines = shown(
      new Pop3Transcript(options),
      ...([
        ["S", `${end}+OK hi\r\n`],
        ["C", LOGIN[0]],
        ["S", `${end}+ VXNlcm5hbWU6\r\n${end}`],
      ] as const),
      ...([
        ["C", LOGIN[1]],
        ["S", `${end}+\r\n${end}`],
        ["C", LOGIN[2]],
        ["S", "+OK\r\n"],
      ] as const),
      ...([["C", "RETR 1\r\nLIST\r\nTOP 1 0\r\n"]] as const),
      ...([["S", `${end}${MESSAGE}${end}+ok\r\n1 5\r\n.\r\n${end}+Ok\r\nsecret\r\n.\r\n`]] as const),
    );
    expect(lines.join("\n")).not.toMatch(/dGlt|Z2VoZWlt|secret/);
    expect(lines.filter((line) => line.startsWith("[content: 8 octets"))).toHaveLength(2);
  });

  it("[POP3-13-1] keeps step over blanks after a command, as a server does", () => {
    const commands = ["C", "LIST \r\nUIDL  \r\n CAPA\r\nLIST\t1\r\nRETR 1  \r\n"] as const;
    const responses = ["S", `+OK\r\n1 5\r\n.\r\n+OK\r\n.\r\n-ERR\r\n-ERR\r\n${MESSAGE}`] as const;
    const lines = shown(new Pop3Transcript(), ["S", "+OK\r\n"], commands, responses);
    expect(lines.slice(-2)).toEqual(SUMMARY);
  });

  it("[POP3-13-1] keeps step where a response and a command come in one breath", () => {
    const commands = ["C", "AUTH PLAIN\r\nAHRpbQBz\r\nRETR 1\r\n"] as const;
    const lines = shown(new Pop3Transcript(), ["S", "+OK\r\n"], commands, ["S", `+ \r\n+OK in\r\n${MESSAGE}`]);
    expect(lines).toEqual(["+OK", "AUTH PLAIN", "[redacted]", "RETR 1", "+ ", "+OK in", ...SUMMARY]);
    const late = [["C", "AUTH PLAIN\r\n"] as const, ["S", "+ \r\n"] as const, ["C", "dGlt\r\nRETR 1\r\n"] as const];
    const following = shown(new Pop3Transcript(), ["S", "+OK\r\n"], ...late, ["S", `+OK in\r\n${MESSAGE}`]);
    expect(following).toEqual(["+OK", "AUTH PLAIN", "+ ", "[redacted]", "RETR 1", "+OK in", ...SUMMARY]);
  });

  it("[POP3-13-1] shows no response to a refusal, until a command comes, and shows one again after a cancellation", () => {
    const transcript = new Pop3Transcript();
    const refused = [["S", "+OK\r\n"] as const, ["C", "NOOP\nAUTH PLAIN\r\n"] as const, ["S", "-ERR no\r\n"] as const];
    const lines = shown(transcript, ...refused, ["C", "AHRpbQBz\r\nZ2VoZWlt\r\nNOOP\r\nFOO\r\n"]);
    expect(lines.slice(3)).toEqual(["[redacted]", "[redacted]", "NOOP", "FOO"]);
    expect(shown(transcript, ["C", "AUTH PLAIN\r\n*\r\nFOO\r\n"])).toEqual(["AUTH PLAIN", "*", "[redacted]"]);
    const cancelled = [["S", "+OK\r\n"] as const, ["C", "AUTH X\r\n"] as const, ["S", "+ \r\n"] as const];
    const behind = [["C", "*\r\n"] as const, ["S", "-ERR\r\n"] as const, ["C", "FOO\r\n"] as const];
    expect(shown(new Pop3Transcript(), ...cancelled, ...behind).slice(3)).toEqual(["*", "-ERR", "FOO"]);
  });

  it("[POP3-13-1] shows no response in an exchange whose last one read like a command", () => {
    const lines = shown(
      new Pop3Transcript(),
      ...([
        ["S", "+OK\r\n"],
        ["C", "AUTH LOGIN\r\nLIST\r\n"],
        ["S", "+ VXNlcm5hbWU6\r\n"],
        ["C", "Z2VoZWlt\r\n"],
      ] as const),
    );
    expect(lines.slice(1)).toEqual(["AUTH LOGIN", "LIST", "+ VXNlcm5hbWU6", "[redacted]"]);
  });

  it("[POP3-13-1] keeps step where a command that it does not know is challenged", () => {
    const login = [["C", "XAUTH\r\n"] as const, ["S", "+ \r\n"] as const, ["C", "LIST\r\n"] as const];
    const behind = [["S", "+OK in\r\n"] as const, ["C", "RETR 1\r\n"] as const, ["S", MESSAGE] as const];
    const lines = shown(new Pop3Transcript(), ["S", "+OK\r\n"], ...login, ...behind);
    expect(lines).toEqual(["+OK", "XAUTH", "+ ", "[redacted]", "+OK in", "RETR 1", ...SUMMARY]);
  });

  it("[POP3-13-1] shows nothing after the greeting that is no response", () => {
    const early = shown(new Pop3Transcript(), ["S", "220 mail\r\n"], ["C", "QUIT\r\n"]);
    expect(early).toEqual(["220 mail", "QUIT"]);
    const lines = shown(new Pop3Transcript(), ["S", `+OK\r\n${MESSAGE}-ERR\r\n`]);
    expect(lines).toEqual(["+OK", "+OK 5 octets", "[no response: 6 octets]", "[no response: 1 octets]", "-ERR"]);
  });

  it("takes CR and LF alone for line ends if it is told so, but for those of a listing or message", () => {
    const commands = ["C", "LIST\rNOOP\nRETR 1\r\n"] as const;
    const responses = ["S", "+OK\r1 5\n.\r\n+OK\n.\r\n.\r\n+OK\n+OK\rsecret\n.\nx\r\n.\r\n"] as const;
    const lines = shown(new Pop3Transcript({ bareLineFeed: true }), ["S", "+OK\n"], commands, responses);
    const rest = ["+OK", "1 5\n.", "+OK\n.", ".", "+OK", "+OK", "[content: 12 octets, 0 lines stuffed]"];
    expect(lines).toEqual(["+OK", "LIST", "NOOP", "RETR 1", ...rest]);
    const untold = shown(
      new Pop3Transcript(),
      ["S", "+OK\r\n"],
      ["C", "RETR 1\r\n"],
      ["S", "\n+OK x\nsecret\r\n.\r\n"],
    );
    expect(untold.slice(2)).toEqual(["\n+OK x[redacted]", "[content: 0 octets, 0 lines stuffed]"]);
    expect(() => new Pop3Transcript({ bareLineFeeds: true } as object)).toThrow(TypeError);
  });

  it("names a line of a listing that is too long, and takes one for +OK where that is not to be seen", () => {
    const long = `${"x".repeat(70_000)}\r\n`;
    const commands = ["C", "LIST\r\nRETR 1\r\nAUTH X\r\n"] as const;
    const responses = ["S", `+OK\r\n${long}.\r\n${long}secret\r\n.\r\n${long}`] as const;
    const transcript = new Pop3Transcript();
    const lines = shown(transcript, ["S", "+OK\r\n"], commands, responses, ["C", "dGlt\r\nNOOP\r\n"]);
    const named = expect.stringMatching(/^\[a line of more than 65536 octets/);
    const shortened = [named, "[content: 8 octets, 0 lines stuffed]", named, "[redacted]", "NOOP"];
    expect(lines.slice(4)).toEqual(["+OK", named, ".", ...shortened]);
  });

  it("keeps nothing of a chunk that it was given", () => {
    const transcript = new Pop3Transcript();
    for (const side of ["client", "server"] as const) {
      const chunk = octets("NOO");
      expect(transcript[side](chunk)).toEqual([]);
      chunk.fill(0x58);
      expect(transcript[side](octets("P\r\n"))).toEqual([{ from: side, text: "NOOP" }]);
    }
  });

  it("forgets at a handshake what was begun before it", () => {
    const transcript = new Pop3Transcript();
    transcript.server(octets("+OK ready\r\n+OK half"));
    transcript.client(octets("STLS\r\nhalf a line"));
    transcript.tls();
    expect(transcript.client(octets("NOOP\r\n"))).toEqual([{ from: "client", text: "NOOP" }]);
    expect(transcript.server(octets("+OK\r\n"))).toEqual([{ from: "server", text: "+OK" }]);
  });

  it("names a line that is too long to show, and shows a response that nobody asked for", () => {
    const transcript = new Pop3Transcript();
    expect(transcript.client(octets(`${"x".repeat(70_000)}\r\n`))[0]!.text).toMatch(
      /^\[a line of more than 65536 octets/,
    );
    expect(transcript.server(octets(`${"x".repeat(70_000)}\r\n`))[0]!.text).toMatch(
      /^\[a line of more than 65536 octets/,
    );
    expect(new Pop3Transcript().server(octets("+OK\r\n+OK\r\n"))).toHaveLength(2);
  });
});
