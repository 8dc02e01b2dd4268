import { pbkdf2Sync } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import {
  type DeriveStep,
  type DerivingClient,
  plainClient,
  plainServer,
  type SaslClient,
  type SaslServer,
  scramClient,
  scramServer,
  scramSha256,
} from "sasl";
import {
  type SmtpClientEvent,
  type SmtpClientOptions,
  SmtpClientSession,
  type SmtpServerEvent,
  type SmtpServerOptions,
  SmtpServerSession,
} from "smtp-codec";
import { recordClient, recordServer, replayClient, replayServer } from "smtp-codec/recording";
import { byteByByte, chunkings, drive, octets, runs, SessionPair } from "tools/testing";
import { describe, expect, it } from "vitest";
import { SmtpWire } from "../../src/recording/wire.ts";
import { accept, EHLO, fake, MAIL, RCPT } from "../support.ts";

const lines = (recording: readonly string[], mark: string) =>
  recording.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length + 1));

/** Records a server that is given chunks, and answered by the tests' usual application. */
function recorded(
  chunks: readonly Uint8Array[],
  options: object = {},
  settings: object = {},
  answer: (session: SmtpServerSession, event: SmtpServerEvent) => void = accept,
): string[] {
  const recording: string[] = [];
  const all = { host: "mx.example.com", mechanisms: ["ECHO", "ASK"], ...options };
  const session = recordServer(all, (line) => recording.push(line), settings);
  drive(session, chunks, (event) => answer(session, event));
  return recording;
}

describe("a recorded server", () => {
  const line = fc.constantFrom(
    ...[
      "EHLO a",
      "HELO a",
      "MAIL FROM:<a@b> SIZE=10",
      "RCPT TO:<c@d>",
      "DATA",
      "x",
      "..y",
      ".",
      "a\nb",
      "\n.\n",
      "RSET",
    ],
    ...["AUTH ECHO", "AUTH ECHO eWVz", "AUTH ECHO eWVt", "AUTH ASK", "eWVz", "*", "", "\0", "FOO bar", "QUIT", "\x80"],
    ...["x".repeat(600), "STARTTLS", "NOOP"],
  );
  const input = fc.array(line, { maxLength: 20 }).map((all) => octets(`${EHLO}${all.join("\r\n")}\r\n`));

  it("is replayed exactly, whatever comes and however it is answered, if all is shown", () => {
    const cut = input.chain((whole) => chunkings(whole));
    fc.assert(
      fc.property(cut, fc.infiniteStream(fc.boolean()), fc.boolean(), (chunks, answers, starttls) => {
        const recording = recorded(chunks, { starttls }, { content: true, secrets: true }, (session, event) => {
          if (answers.next().value || event.answer !== "needed" || event.type === "sasl") accept(session, event);
          else session.reject();
        });
        expect(replayServer(recording).run()).toBe(null);
      }),
      { numRuns: runs() },
    );
  });

  it("is the session that it records: same events, same output", () => {
    const chunks = byteByByte(octets(`${EHLO}${MAIL}${RCPT}DATA\r\n..a\r\n.\r\nAUTH ECHO\r\neWVz\r\nQUIT\r\n`));
    const options = { host: "mx.example.com", mechanisms: ["ECHO"] };
    const sessions = [new SmtpServerSession(options), recordServer(options, () => {})];
    const [plain, watched] = sessions.map((session) => drive(session, chunks, (event) => accept(session, event)));
    expect(watched).toEqual(plain);
    expect(sessions[1]).toBeInstanceOf(SmtpServerSession);
  });

  const hidden: [string, string, string[]][] = [
    ["an initial response", "AUTH ECHO c2VjcmV0\r\n", ["AUTH ECHO AAAAAAAA"]],
    ["one of wrong padding", "AUTH ECHO c2VjcmV=\r\n", ["AUTH ECHO AAAAAAA!"]],
    ["one with bits that padding loses", "AUTH ECHO QR==\r\n", ["AUTH ECHO AA!="]],
    [
      "none, an empty one, and a cancellation",
      "AUTH ECHO\r\n*\r\nAUTH ECHO =\r\n*\r\n",
      ["AUTH ECHO", "*", "AUTH ECHO =", "*"],
    ],
    ["what is no base64", "auth  ECHO se cret-\xc3\xa9\r\n", ["auth  ECHO AA AAAA!\\xc3\\xa9"]],
    ["one behind tabs", "\tAUTH\tECHO\tc2VjcmV0\r\n", ["\\x09AUTH\\x09ECHO\\x09AAAAAAAA"]],
    ["one behind many blanks", `${" ".repeat(9)}AUTH ECHO c2VjcmV0\r\n`, [`${" ".repeat(9)}AUTH ECHO AAAAAAAA`]],
    ["one behind an LF", "a b c d e f g h i\nAUTH ECHO c2VjcmV0\r\n", ["a b c d e f g h i\\nAUTH ECHO AAAAAAAA"]],
    ["one behind AUTH=", "AUTH=ECHO c2VjcmV0\r\n", ["AUTH=ECHO AAAAAAAA"]],
    ["a URL behind a tab", "BURL\timap://a/hidden LAST\r\nNOOP\r\n", ["BURL\\x09imap:\\(10) LAST", "NOOP"]],
    ["responses", "AUTH ECHO\r\neWVz\r\nNOOP\r\n", ["AUTH ECHO", "AAAA", "NOOP"]],
    ["a chunk that was not asked for", "BDAT 8 LAST\r\nhidden\r\nNOOP\r\n", ["BDAT 8 LAST", "xxxxxx", "NOOP"]],
    ["all behind a chunk without a size", "BDAT LAST\r\nhidden\r\nNOOP\r\n", ["BDAT LAST", "xxxxxx", "xxxx"]],
    ["nothing behind what is no BDAT", " BDAT 8\r\nNOOP 7\r\n", [" BDAT 8", "NOOP 7"]],
    [
      "a message",
      `${MAIL}${RCPT}DATA\r\nSubject: a hidden\r\n\r\n..hidden\xe9\r\n.\r\nNOOP\r\n`,
      [...["MAIL FROM:<a@example.com>", "RCPT TO:<b@example.org>", "DATA", "\\(17)", "", ".xxxxxxx\\xff", ".", "NOOP"]],
    ],
  ];

  describe.each([
    ["whole", (bytes: Uint8Array) => [bytes]],
    ["byte by byte", byteByByte],
  ])("masks, %s,", (_, cut) => {
    it.each(hidden)("%s", (_name, input, shown) => {
      const recording = recorded(cut(octets(`${EHLO}${input}`)), {}, {}, (session, event) => {
        if (event.type === "sasl" || event.type === "auth") session.authenticate(fake("ECHO"));
        else accept(session, event);
      });
      const received = recording.filter((line) => /^C[:+]/.test(line)).map((line) => line.slice(3));
      if (cut === byteByByte) {
        const octetByOctet = received.map((line) => line.slice(0, -1)).join("");
        expect(octetByOctet).toBe(["EHLO client.example.com", ...shown, ""].map(unrun).join("\\r\\n"));
      } else expect(received).toEqual(["EHLO client.example.com", ...shown]);
      for (const secret of ["c2VjcmV0", "hidden"]) expect(recording.join("\n")).not.toContain(secret);
      expect(replayServer(recording).run()).toBe(null);
    });
  });

  it.each([
    ["AUTH AHNlY3JldAbC=\r\n", "AUTH AAAAAAAAAAAA="],
    ["AUTH AHNlY3+ldA== AHNl\r\n", "AUTH AAAAAA!AAA== AAAA"],
    [`AUTH ${"A".repeat(20)}BBB\r\n`, `AUTH ${"A".repeat(23)}`],
    ["AUTH aHNlY3JldA\tx\xc3\xa9\r\n", "AUTH AAAAAAAAAA\\x09A\\xc3\\xa9"],
  ])("masks what stands in the place of a mechanism, in %j", (input, shown) => {
    const masked = (chunks: readonly Uint8Array[]) => {
      const recording = recorded([octets(EHLO), ...chunks]);
      expect(recording.join("\n")).not.toMatch(/NlY|BBB/i);
      expect(replayServer(recording).run()).toBe(null);
      return recording.filter((line) => /^C[:+]/.test(line)).map((line) => line.slice(3));
    };
    expect(masked([octets(input)])[1]).toBe(shown);
    // Of what has not come nobody knows what it will be: the beginning of it is shown.
    masked(byteByByte(octets(input)));
  });

  it.each([
    ["AUTH NONE\r\n", "a refusal"],
    ["AUTH ECHO\r\nno base64\r\n", "the end of the exchange"],
    ["NOOP\nAUTH ECHO\r\n", "a command in a line that is none"],
  ])("after %j masks responses in spite of %s, until a command comes", (auth) => {
    const lines = ["c2VjcmV0", "c2VjcmV0=", "NOOP", "FOO"];
    const chunks = [octets(`${EHLO}${auth}`), ...lines.map((line) => octets(`${line}\r\n`))];
    const recording = recorded(chunks, {}, {}, (session, event) => {
      if (event.type === "sasl" || event.type === "auth") session.authenticate(fake("ECHO"));
      else accept(session, event);
    });
    const received = recording.filter((line) => /^C[:+]/.test(line)).map((line) => line.slice(3));
    expect(received.slice(-4)).toEqual(["AAAAAAAA", "AAAAAAAA=", "NOOP", "FOO"]);
    expect(recording.join("\n")).not.toMatch(/c2VjcmV0/i);
  });

  it.each([
    [
      ["NO", "OP\r\n"],
      ["NO\\", "OP"],
    ],
    [
      ["rs", "e", "t \r\n"],
      ["rs\\", "e\\", "t\\x20"],
    ],
    [
      ["MAIL FROM:<a@exam", "ple.com>\r\n"],
      ["MAIL FROM:<a@exam\\", "ple.com>"],
    ],
    [
      ["AUTH ECHO cXVjc", "mVj\r\n"],
      ["AUTH ECHO AAAAA\\", "AAA"],
    ],
    [
      ["cXV", "jcmVj\r\n"],
      ["AAA\\", "AAAAA"],
    ],
    [
      ["n", "ocXVjcmVj mV1=\r\n"],
      ["n\\", "oAAAAAAAA AAA!"],
    ],
    [
      ["NO cXVj", "cmVj\r\n"],
      ["NO AAAA\\", "AAAA"],
    ],
  ])("after a refused AUTH shows what comes as %j while it may be a command, and is replayed", (cut, shown) => {
    const recording = recorded([octets(EHLO), octets("AUTH NONE\r\n"), ...cut.map(octets), octets("NOOP\r\n")]);
    const received = recording.filter((line) => /^C[:+]/.test(line)).map((line) => line.slice(3));
    expect(received.slice(2)).toEqual([...shown, "NOOP"]);
    expect(recording.join("\n")).not.toMatch(/XVj|cmVj|mV1/i);
    expect(replayServer(recording).run()).toBe(null);
  });

  it.each([
    ["the user's name", "test", "MAIL FROM:<test@example.com>\r\n", "event mail", '"localPart":"test"'],
    ["a domain", "example.com", MAIL, "event mail", '"domain":"example.com"'],
    ["a verb", "xtest", "XTEST a\r\n", "event unknown", '"verb":"XTEST"'],
  ])("shows %s that is the password too, and is replayed", (_, password, command, mark, shown) => {
    const recording: string[] = [];
    const options = { host: "mx.example.com", tls: true, mechanisms: ["PLAIN"] };
    const session = recordServer<SaslServer>(options, (line) => recording.push(line));
    drive(session, [EHLO, `AUTH PLAIN ${btoa(`\0test\0${password}`)}\r\n`, command].map(octets), (event) => {
      if (event.type === "auth") session.authenticate(plainServer());
      else if (event.type === "sasl") session.proceed((event.mechanism as ReturnType<typeof plainServer>).accept());
      else if (event.answer === "needed") session.accept();
    });
    expect(lines(recording, mark)[0]).toContain(shown);
    expect(recording.join("\n")).toContain(`"password":"${"*".repeat(password.length)}"`);
    expect(replayServer(recording).run()).toBe(null);
  });

  it("is replayed although it has parameters of its own, which it asks as it begins", () => {
    const xfoo = {
      ...{ keyword: "XFOO", extensions: { XFOO: 10 }, expected: "a text" },
      ...{ parse: (value: string) => value, format: String },
    };
    const options = { extensions: { XFOO: [] }, mailParameters: { xfoo } };
    const recording = recorded([octets(`${EHLO}MAIL FROM:<a@example.com> XFOO=abc\r\n`)], options);
    expect(lines(recording, "event mail")[0]).toContain('"xfoo":"abc"');
    expect(replayServer(recording).run()).toBe(null);
  });

  it("masks content that comes in one breath with a response and its commands, wherever it is cut", () => {
    const input = `${EHLO}AUTH ECHO\r\neWVz\r\n${MAIL}${RCPT}DATA\r\nhidden\r\nhidden\r\n.\r\nNOOP\r\n`;
    for (let place = input.indexOf("eWVz"); place < input.length; place++) {
      const chunks = [octets(input.slice(0, place)), octets(input.slice(place))];
      const recording = recorded(chunks, {}, {}, (session, event) => {
        if (event.type === "sasl" || event.type === "auth") session.authenticate(fake("ECHO"));
        else accept(session, event);
      });
      expect(recording.join("\n")).not.toMatch(/hidden|eWVz/);
      expect(recording.join("\n")).toContain("event content");
    }
  });

  it.each([
    ["AUTH NONE", "AUTH NONE"],
    ["AUTH\tECHO", "AUTH\\x09ECHO"],
  ])("masks what comes in one breath with %j, which is refused, and says what that changes", (auth, shown) => {
    const recording = recorded([octets(`${EHLO}${auth}\r\nc2VjcmV0\r\nQUIT\r\n`)]);
    expect(lines(recording, "C+")).toEqual([shown, "AAAAAAAA", "QUIT"]);
    expect(replayServer(recording).run()).toMatch(
      /^line 12: recorded event violation .*; replayed event unknown .*AAAAAAAA/,
    );
  });

  it("masks it in events, too", () => {
    const said = "c2VjcmVj\r\ntanst words\r\nxauth  more   hunter2 words \r\n";
    const recording = recorded([octets(`${EHLO}AUTH NONE\r\n${said}`)]);
    expect(recording.join("\n")).not.toMatch(/c2VjcmVj|tanst|more|hunter|words/i);
  });
});

describe("chunks and LMTP, both sides recorded", () => {
  const CONTENT = ["Subject: hidden\r\n", ".\r\nQUIT\r\n", "the end of it"] as const;
  const cases: readonly (readonly [string, SmtpServerOptions & SmtpClientOptions, "data" | "bdat"])[] = [
    ["a message by BDAT", { host: "mx.example.com", chunking: true }, "bdat"],
    ["LMTP by DATA", { host: "mx.example.com", protocol: "lmtp" }, "data"],
    ["LMTP by BDAT", { host: "mx.example.com", protocol: "lmtp", chunking: true }, "bdat"],
    ["a message of any octets", { host: "mx.example.com", chunking: true, binaryMime: true }, "bdat"],
  ];

  it.each(
    cases.flatMap(([name, options, form]) => [
      [name, options, form, "whole", (bytes: Uint8Array) => [bytes]] as const,
      [name, options, form, "byte by byte", byteByByte] as const,
    ]),
  )("%s: content is masked, and all is replayed, %s", (_, options, form, __, cut) => {
    const [atServer, atClient]: [string[], string[]] = [[], []];
    const { protocol = "smtp", ...own } = options;
    const server = recordServer({ ...own, protocol }, (line) => atServer.push(line));
    const client = recordClient({ protocol }, (line) => atClient.push(line));
    const binary = options.binaryMime === true;
    const received: Uint8Array[] = [];
    const delivered: string[] = [];
    const pair = new SessionPair<SmtpClientEvent, SmtpServerEvent>(
      {
        session: client,
        answer: (event) => {
          if (event.type === "greeting") client.ehlo("client.example.com");
          if (event.type === "ehlo") {
            client
              .mail("a@example.com", { content: binary ? "binary" : "8bit" })
              .rcpt("b@example.org")
              .rcpt("c@example.org");
            if (form === "data") client.data();
            else client.bdat();
          }
          if (event.type === "delivery") delivered.push(`${event.to.address} ${event.outcome}`);
          if (event.type === "message") client.rset().noop().quit();
        },
        act: (waiting) => {
          if (waiting !== "content") return false;
          client
            .write(octets(CONTENT[0]))
            .write(octets(CONTENT[1]))
            .end(octets(binary ? "\n\r\xff" : CONTENT[2]));
          return true;
        },
      },
      {
        session: server,
        answer: (event) => {
          if (event.type === "content") received.push(event.bytes.slice());
          if (event.type === "delivery" && event.index === 1) server.reject({ code: 452, enhanced: "4.2.2" });
          else if (event.answer === "needed") server.accept();
        },
      },
      cut,
    );
    pair.run();
    const last = binary ? "\n\r\xff" : `${CONTENT[2]}\r\n`;
    expect(received.map((piece) => String.fromCharCode(...piece)).join("")).toBe(CONTENT[0] + CONTENT[1] + last);
    expect(delivered).toEqual(protocol === "lmtp" ? ["b@example.org accepted", "c@example.org transient"] : []);
    expect(pair.clientEvents.at(-2)).toMatchObject({ type: "quit", ok: true });
    for (const recording of [atServer, atClient]) {
      // A line of the recording that ends in a backslash is no whole line of the wire.
      const wire = recording
        .flatMap((line) => (/^C[:+]/.test(line) ? [line.slice(3).replace(/\\$/, "")] : []))
        .join("");
      expect(wire).toContain("RCPT TO:<c@example.org>");
      expect(wire + recording.join("\n")).not.toMatch(/Subject|hidden|the end of it/);
    }
    expect(replayServer(atServer).run()).toBe(null);
    expect(replayClient(atClient).run()).toBe(null);
  });

  it("replies may end with LF, and what answers them is masked", () => {
    const recording: string[] = [];
    const client = recordClient({ leniencies: { bareLfEndsReply: true } }, (line) => recording.push(line));
    for (const reply of ["220 a\n", "250-b\n250 CHUNKING\n", "250 ok\n", "250 ok\n", "250 taken\n", "250 reset\n"]) {
      client.receive(octets(reply));
      for (const event of client) {
        if (event.type === "greeting") client.ehlo("client.example.com");
        if (event.type === "ehlo") client.mail("a@example.com", { content: "7bit" }).rcpt("b@example.org").bdat();
        if (event.type === "message") client.rset();
      }
      if (client.waiting === "content") {
        client.write(octets("hidden\r\n")).end();
        for (const _ of client);
      }
      while (client.takeOutput() !== null);
    }
    expect(recording.join("\n")).not.toContain("hidden");
    expect(recording.filter((line) => /^C[:+]/.test(line)).at(-1)).toBe("C: RSET");
    expect(replayClient(recording).run()).toBe(null);
  });

  it("in LMTP, AUTH is still known to be under way after a message by BDAT, whoever has received it", () => {
    const masked = (recipients: number) => {
      const rules = new SmtpWire(false);
      const say = (side: "C" | "S", line: string) => {
        const kind = rules.begins(side, () => line);
        rules.ended(side, line, kind);
        return kind === "shown" ? line : kind;
      };
      for (const [side, line] of [
        ["S", "220 a"],
        ["C", "LHLO a"],
        ["S", "250 CHUNKING"],
        ["C", "MAIL FROM:<a@b>"],
      ] as const)
        say(side, line);
      for (let count = 0; count < 2; count++) say("C", "RCPT TO:<a@b>");
      say("S", "250 ok");
      for (let count = 0; count < 2; count++) say("S", count < recipients ? "250 ok" : "550 no");
      say("C", "BDAT 0 LAST");
      const behind = [say("C", "AUTH LOGIN")];
      for (let count = 0; count < recipients; count++) behind.push(say("S", "250 delivered"));
      return [...behind, say("C", "c2VjcmV0"), say("S", "235 yes"), say("C", "c2VjcmV0")];
    };
    for (const recipients of [0, 1, 2]) {
      const replies = Array<string>(recipients).fill("250 delivered");
      expect(masked(recipients)).toEqual(["AUTH LOGIN", ...replies, "sasl", "235 yes", "c2VjcmV0"]);
    }
  });

  it("in LMTP, a message out of place has one reply, and so has one of which no MAIL was seen", () => {
    const rules = new SmtpWire(false);
    const say = (side: "C" | "S", line: string) => {
      const kind = rules.begins(side, () => line);
      rules.ended(side, line, kind);
      return kind === "shown" ? line : kind;
    };
    for (const line of ["220 a", "250 CHUNKING"]) say("S", line);
    for (const line of ["LHLO a", "RCPT TO:<a@b>", "BDAT 0 LAST", "BDAT 0 LAST", "AUTH LOGIN"]) say("C", line);
    say("S", "250 hello");
    for (const line of ["250 ok", "250 delivered", "503 no"])
      expect([say("S", line), say("C", "x")]).toEqual([line, "sasl"]);
    expect([say("S", "235 yes"), say("C", "x")]).toEqual(["235 yes", "x"]);
  });
});

describe("what a recording says of the wire", () => {
  /** What a client and a server say in turn, as the rules for SMTP's lines mask it. */
  const masked = (turns: readonly (readonly ["C" | "S", string])[]) => {
    const rules = new SmtpWire(false);
    return turns.map(([side, line]) => {
      const kind = rules.begins(side, () => line);
      rules.ended(side, line, kind);
      return kind === "shown" ? line : kind;
    });
  };

  it("AUTH is over once it is accepted, though one without a mechanism came before it", () => {
    const said = masked([
      ...([
        ["S", "220 a"],
        ["C", "AUTH"],
        ["S", "501 what"],
      ] as const),
      ...([
        ["C", "AUTH LOGIN"],
        ["C", "FOO"],
        ["S", "235 yes"],
        ["S", "500 no"],
        ["C", "FOO"],
      ] as const),
    ]);
    expect(said.slice(3)).toEqual(["AUTH LOGIN", "sasl", "235 yes", "500 no", "FOO"]);
  });

  it("LMTP has a reply a recipient after a message: AUTH is still known to be under way", () => {
    const said = masked([
      ["S", "220 a"],
      ...(["LHLO a", "MAIL FROM:<a@b>", "RCPT TO:<a@b>", "RCPT TO:<b@b>", "DATA"] as const).map(
        (line) => ["C", line] as const,
      ),
      ...(["250-a", "250 CHUNKING", "250 ok", "250 ok", "250 ok", "354 go"] as const).map(
        (line) => ["S", line] as const,
      ),
      ...(["text", ".", "AUTH LOGIN"] as const).map((line) => ["C", line] as const),
      ...(["250 first", "250 second"] as const).map((line) => ["S", line] as const),
      ["C", "c2VjcmV0"],
    ]);
    expect(said.slice(12)).toEqual(["content", "content", "AUTH LOGIN", "250 first", "250 second", "sasl"]);
  });

  it.each([
    ["NOOP BDAT 12", 0],
    ["BDATA 12", 0],
    [" BDAT 12", 0],
    ["BDAT 0 LAST", 0],
    ["BDAT 12 LAST", 12],
    ["bdat  12", 12],
    ["BDAT 12 LOST", 12],
    ["BDAT", Infinity],
    ["BDAT x", Infinity],
    ["BDAT-12", Infinity],
    [`BDAT ${"9".repeat(400)}`, Infinity],
  ])("after %j so many octets are content, whether CHUNKING was offered or not: %d", (line, octets) => {
    const rules = new SmtpWire(false);
    expect(rules.ended("C", line, "shown")).toBe(octets);
    rules.ended("S", "220 a", "shown");
    expect(rules.ended("C", line, "shown")).toBe(octets);
    for (const reply of ["334 ", "250 CHUNKING"]) rules.ended("S", reply, "shown");
    expect(rules.ended("C", line, "shown")).toBe(octets);
    rules.ended("S", "334 ", "shown");
    expect(rules.ended("C", line, "sasl")).toBe(0);
  });

  it("a message that comes with its DATA in one breath ends there, or is refused with it", () => {
    const begin = [
      ["S", "220 a"],
      ["C", "DATA"],
      ["C", "text"],
    ] as const;
    const early = masked([...begin, ["C", "."], ["C", "NOOP"], ["S", "354 go"], ["S", "250 ok"], ["C", "QUIT"]]);
    expect(early.slice(2)).toEqual(["content", "content", "NOOP", "354 go", "250 ok", "QUIT"]);
    expect(masked([["S", "no reply"]])).toEqual(["no reply"]);
    expect(masked([...begin, ["S", "503 no"], ["C", "QUIT"]]).slice(2)).toEqual(["content", "503 no", "QUIT"]);
  });
});

it.each<[SmtpServerOptions["protocol"], string, number]>([
  [undefined, "EHLO", 554],
  ["smtp", "EHLO", 554],
  ["lmtp", "LHLO", 503],
])("a replay of protocol %s shows the row of its own table", (protocol, hello, cell) => {
  const input = octets(`${hello} client.example.com\r\n${MAIL}DATA\r\n`);
  const recording = recorded([input], protocol === undefined ? {} : { protocol });
  const replayed = replayServer(recording);
  expect(replayed.run()).toBe(null);
  expect(replayed.state).toMatchObject({ state: "mail", row: { DATA: cell, BDAT: cell, RCPT: "rcpt" } });
  expect(recording.filter((line) => /^S[:+] /.test(line) && line.startsWith(String(cell), 3))).toHaveLength(1);
});

it("a recorded client gives as much of long content at once as it is asked for, as one that is not", () => {
  const limits = fc.array(fc.constantFrom(undefined, 1, 4095, 4096, 5000, 8192), { minLength: 1, maxLength: 20 });
  const size = fc.constantFrom(1, 4096, 5000, 20_000);
  fc.assert(
    fc.property(limits, fc.array(size, { maxLength: 5 }), (all, sizes) => {
      const recording: string[] = [];
      const given = [new SmtpClientSession(), recordClient({}, (line) => recording.push(line))].map((client) => {
        for (const _ of client.receive(octets("220 a\r\n")));
        client.ehlo("client.example.com").takeOutput();
        for (const _ of client.receive(octets("250-a\r\n250-PIPELINING\r\n250 8BITMIME\r\n")));
        client.mail("a@example.com").rcpt("b@example.org").data().takeOutput();
        for (const _ of client.receive(octets("250 a\r\n250 a\r\n354 a\r\n")));
        client.content(sizes.map((each) => octets("x".repeat(each))));
        return all.map((limit) => client.takeOutput(limit)?.length ?? null);
      });
      expect(given[1]).toEqual(given[0]);
      expect(replayClient(recording).run()).toBe(null);
    }),
    { numRuns: runs() },
  );
});

it("a replay of a client shows the row of its table", () => {
  const recording: string[] = [];
  const client = recordClient({}, (line) => recording.push(line));
  for (const _ of client.receive(octets("220 mx.example.com\r\n")));
  client.ehlo("client.example.com").takeOutput();
  for (const _ of client.receive(octets("250 mx.example.com\r\n")));
  const replayed = replayClient(recording);
  expect(replayed.run()).toBe(null);
  expect(replayed.state).toMatchObject({ state: "ready", row: { MAIL: "mail", RSET: "ready" } });
  expect(replayed.state.row).not.toHaveProperty("RCPT");
});

it("the README's recording is what a server gives, and is replayed", () => {
  const readme = readFileSync(new URL("../../../dot-stuffing/README.md", import.meta.url), "utf8");
  const printed = /```text\n(recording 1 .*?)\n```/s.exec(readme)![1]!.split("\n");
  const recording: string[] = [];
  const options = { host: "mx.example.com", mechanisms: ["PLAIN"], tls: true, size: false, help: false };
  const server = recordServer<SaslServer>(options, (line) => recording.push(line));
  const answer = () => {
    for (const event of server) {
      if (event.type === "auth") server.authenticate(plainServer());
      else if (event.type === "sasl" && event.step.type === "verify")
        server.proceed(event.step.password === "tanstaaf" ? event.mechanism.accept() : event.mechanism.reject());
      else if (event.answer === "needed") server.accept();
    }
    while (server.takeOutput() !== null);
  };
  answer();
  for (const chunk of ["EHLO client.example.com\r\nAUTH PL", "AIN AHRpbQB0YW5zdGFhZg==\r\n"]) {
    server.receive(octets(chunk));
    answer();
  }
  expect(recording).toEqual(printed);
  const replayed = replayServer(printed);
  expect(replayed.until(3).state).toEqual({
    line: printed.findIndex((line) => line.startsWith("event auth")) + 1,
    state: "ready",
    waiting: "bytes",
    row: expect.objectContaining({ MAIL: "mail", AUTH: "sasl", RCPT: 503 }),
  });
  expect(replayed.run()).toBe(null);
});

/** A run written out, as it is when its octets come one by one. */
function unrun(text: string): string {
  return text.replace(/\\\((\d+)\)/g, (_, length) => "x".repeat(Number(length)));
}

/** Derives the key that SCRAM asks for. */
function derive({ mechanism, step }: SmtpClientEvent<SaslClient<DeriveStep>> & { readonly type: "sasl" }) {
  const { password, salt, iterations, length } = step;
  return (mechanism as DerivingClient).provide(
    Uint8Array.from(pbkdf2Sync(password, salt, iterations, length, "sha256")),
  );
}

describe("a client and a server", () => {
  it.each([
    [
      "PLAIN",
      (): SaslClient<DeriveStep> => plainClient({ authenticationIdentity: "tim", password: "tanstaaf-secret" }),
    ],
    [
      "SCRAM-SHA-256",
      (): SaslClient<DeriveStep> =>
        scramClient(scramSha256, { authenticationIdentity: "tim", password: "tanstaaf-secret" }),
    ],
  ])("that speak %s over STARTTLS are recorded without the secret, and replayed", (name, make) => {
    const [atServer, atClient]: [string[], string[]] = [[], []];
    const options = { host: "mx.example.com", starttls: true, mechanisms: ["PLAIN", "SCRAM-SHA-256"] };
    const server = recordServer<SaslServer>(options, (line) => atServer.push(line));
    const client = recordClient<SaslClient<DeriveStep>>({}, (line) => atClient.push(line));
    const pair = new SessionPair(
      {
        session: client,
        answer: (event) => {
          if (event.type === "greeting") client.ehlo("client.example.com");
          else if (event.type === "ehlo") client.tls ? client.auth(make()) : client.starttls();
          else if (event.type === "auth") client.mail("a@example.com").rcpt("b@example.org").data();
          else if (event.type === "data") client.content([octets("Subject: sec"), octets("ret-content\n\n.dot\n")]);
          else if (event.type === "message") client.quit();
          else if (event.type === "sasl") client.proceed(derive(event));
        },
        act: () =>
          client.waiting === "decision" &&
          client.state === "greeted" &&
          client.tls &&
          Boolean(client.ehlo("again.example.com")),
      },
      {
        session: server,
        answer: (event) => {
          if (event.type === "auth")
            server.authenticate(
              event.mechanism === "PLAIN"
                ? plainServer()
                : scramServer(scramSha256, {
                    secret: octets("a secret of this server, 32 octets"),
                    plainPasswords: true,
                  }),
            );
          else if (event.type === "sasl") {
            expect(event.mechanism.name).toBe(name);
            const { step } = event;
            if (step.type === "verify") server.proceed(event.mechanism.accept());
            else server.proceed(event.mechanism.provide({ password: "tanstaaf-secret" }));
          } else if (event.answer === "needed") server.accept();
        },
      },
      byteByByte,
    ).run();
    expect(pair.clientEvents.at(-1)).toMatchObject({ type: "closed", cause: "quit" });
    for (const recording of [atServer, atClient]) {
      for (const secret of ["tanstaaf", "dGFuc3RhYWY", "secret-content"])
        expect(recording.join("\n")).not.toContain(secret);
    }
    expect(replayServer(atServer).run()).toBe(null);
    expect(replayClient(atClient).run()).toBe(null);
  });
});
