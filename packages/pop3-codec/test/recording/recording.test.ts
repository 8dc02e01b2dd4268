import fc from "fast-check";
import { type Pop3ServerEvent, type Pop3ServerOptions, Pop3ServerSession } from "pop3-codec";
import { recordClient, recordServer, replayClient, replayServer } from "pop3-codec/recording";
import { apopDigest, loginClient, plainClient, plainServer, type SaslServer } from "sasl";
import { byteByByte, chunkings, drive, octets, runs, SessionPair, text } from "tools/testing";
import { describe, expect, it } from "vitest";

const PASSWORD = "tanstaaf secret";
const MESSAGE = "Subject: hidden\r\n\r\n.hidden\r\n";

const maildrop = { count: 1, size: () => MESSAGE.length, uniqueId: () => "0123456789abcdef0123456789abcdef" };

function answer(session: Pop3ServerSession<SaslServer>, event: Pop3ServerEvent<SaslServer>): void {
  if (event.type === "auth") session.authenticate(plainServer());
  else if (event.type === "sasl") session.proceed(event.mechanism.accept());
  else if (["pass", "apop", "authenticated"].includes(event.type)) session.accept(maildrop);
  else if (event.type === "retr" || event.type === "top") session.accept().content(octets(MESSAGE));
  else if (event.answer === "needed") session.accept();
}

const OPTIONS: Pop3ServerOptions = {
  tls: true,
  apop: { host: "mx.example.com" },
  mechanisms: ["PLAIN"],
  prepare: (name) => name.trim(),
  languages: [{ language: "en", text: "English" }],
  translate: (text) => text,
};

function recorded(
  chunks: readonly Uint8Array[],
  options: Pop3ServerOptions = OPTIONS,
  settings: object = {},
): string[] {
  const recording: string[] = [];
  const session = recordServer<SaslServer>(options, (line) => recording.push(line), settings);
  drive(session, chunks, (event) => answer(session, event));
  return recording;
}

const received = (recording: readonly string[]) =>
  recording.filter((line) => /^C[:+]/.test(line)).map((line) => line.slice(3));

describe("a recorded server", () => {
  it.each<[unknown, string]>([
    [false, '"apop" expected an object, got boolean'],
    [{ host: "a", port: 1 }, '"apop" expected host, timestamp alone, got port'],
    [{ host: "a b" }, '"apop.host" expected a domain'],
  ])("refuses options as a session does: apop %j", (apop, message) => {
    expect(() => recordServer({ apop } as Pop3ServerOptions, () => {})).toThrow(message);
  });

  it.each([
    ["PASS", `USER tim\r\nPASS ${PASSWORD}\r\nQUIT\r\n`, ["USER tim", "PASS ******** ******", "QUIT"]],
    ["APOP", `APOP tim ${"ab12".repeat(8)}\r\nNOOP\r\n`, ["APOP tim 00000000000000000000000000000000", "NOOP"]],
    ["an initial response", "AUTH PLAIN AHRpbQBzZWNyZXQ=\r\nSTAT\r\n", ["AUTH PLAIN AAAAAAAAAAAAAAA=", "STAT"]],
    [
      "a response",
      "AUTH PLAIN\r\nAHRpbQBzZWNyZXQ=\r\nAUTH\r\nLIST\r\n",
      ["AUTH PLAIN", "AAAAAAAAAAAAAAA=", "AUTH", "LIST"],
    ],
    ["what is not quite PASS", ` PASS ${PASSWORD}\r\nNOOP\r\n`, [" PASS ******** ******", "NOOP"]],
    ["what is not quite APOP", `APOP t\rm ${"ab12".repeat(8)}\r\nNOOP\r\n`, [`APOP t\\rX ${"0".repeat(32)}`, "NOOP"]],
    ["a password behind a tab", "PASS\tsecret\r\nNOOP\r\n", ["PASS\\x09******", "NOOP"]],
    ["a password behind a NUL", "\0PASS\0secret\r\nNOOP\r\n", ["\\x00PASS\\x00******", "NOOP"]],
    ["a password behind many blanks", `${" ".repeat(20)}PASS  x y\r\n`, [`${" ".repeat(20)}PASS  * *`]],
    ["a password behind a CR", "NOOP\rPASS\rsecret\r\nNOOP\r\n", ["NOOP\\rPASS\\r******", "NOOP"]],
    ["a password behind an LF", "a b c d e f g h i\nPASS x\r\nNOOP\r\n", ["a b c d e f g h i\\nPASS *", "NOOP"]],
    ["a digest behind tabs", `APOP\ttim\t${"ab12".repeat(8)}\r\n`, [`APOP\\x09tim\\x09${"0".repeat(32)}`]],
    ["an initial response behind a tab", "AUTH\tPLAIN\tAHRpbQBz\r\n", ["AUTH\\x09PLAIN\\x09AAAAAAAA"]],
    ["an initial response behind an LF", "NOOP\nAUTH PLAIN AHRpbQBz\r\n", ["NOOP\\nAUTH PLAIN AAAAAAAA"]],
    ["what is not quite AUTH", " AUTH PLAIN AHRpbQBzZWNyZXQ=\r\n", [" AUTH PLAIN AAAAAAAAAAAAAAA="]],
    ["credentials behind AUTH=", "AUTH=PLAIN AHRpbQBz\r\n", ["AUTH=PLAIN AAAAAAAA"]],
    ["a cancellation", "AUTH PLAIN\r\n*\r\nNOOP\r\n", ["AUTH PLAIN", "*", "NOOP"]],
    [
      "messages",
      `APOP tim ${"0".repeat(32)}\r\nRETR 1\r\nTOP 1 0\r\nRETR 2\r\nUIDL\r\nCAPA\r\n`,
      [...[`APOP tim ${"0".repeat(32)}`, "RETR 1", "TOP 1 0", "RETR 2", "UIDL", "CAPA"]],
    ],
  ])("masks %s, and is replayed, whole and byte by byte", (_, input, shown) => {
    const whole = recorded([octets(input)]);
    expect(received(whole)).toEqual(shown);
    const trickled = recorded(byteByByte(octets(input)));
    expect(
      received(trickled)
        .map((line) => line.slice(0, -1))
        .join(""),
    ).toBe([...shown, ""].join("\\r\\n"));
    for (const recording of [whole, trickled]) {
      expect(recording.join("\n")).not.toMatch(/tanstaaf|secret\b(?!":)|ab12ab12|AHRp|hidden/i);
      expect(replayServer(recording).run()).toBe(null);
    }
  });

  it("masks in events what it masks in lines, however much comes in one breath with AUTH", () => {
    const secrets = Array.from({ length: 1000 }, (_, at) => btoa(`secret ${at}`));
    const lines = ["AUTH NONE", ...secrets, "QUIT", ""].join("\r\n");
    const recording = recorded([octets(lines)], { ...OPTIONS, maxErrors: 2000 });
    expect(recording.filter((line) => line.startsWith("event unknown"))).toHaveLength(secrets.length);
    const shown = recording.filter((line) =>
      secrets.some((secret) => line.toUpperCase().includes(secret.toUpperCase())),
    );
    expect(shown).toEqual([]);
    expect(replayServer(recording).run()).toBe(null);
  });

  it.each(["AUTH NONE", "AUTH\tPLAIN"])("masks what comes in one breath with %j, which is refused", (auth) => {
    const recording = recorded([octets(`${auth}\r\nAHRpbQBz\r\nQUIT\r\n`)]);
    expect(received(recording).slice(1)).toEqual(["AAAAAAAA", "QUIT"]);
    expect(recording.join("\n")).not.toMatch(/AHRp/i);
  });

  it.each([
    ["AUTH NONE\r\n", "AHRpbQBz", "a refusal"],
    ["AUTH PLAIN dGlt\r\n", "dGFuc3Rh", "a refusal of an initial response"],
    ["AUTH PLAIN\r\nnot base64\r\n", "dGFuc3Rh", "the end of the exchange"],
  ])("after %j masks %s, a response in spite of %s, and further ones until a command comes", (auth, response) => {
    const recording = recorded([octets(auth), octets(`${response}\r\n`), octets(`${response}=\r\nQUIT\r\n`)]);
    expect(received(recording).slice(-3)).toEqual(["AAAAAAAA", "AAAAAAAA=", "QUIT"]);
    expect(recording.join("\n")).not.toMatch(new RegExp(response, "i"));
  });

  it.each([
    [
      ["ST", "AT\r\n"],
      ["ST\\", "AT"],
    ],
    [
      ["U", "SER tim\r\n"],
      ["U\\", "SER tim"],
    ],
    [
      ["A", "HRpbQBz\r\n"],
      ["A\\", "AAAAAAA"],
    ],
    [
      ["dGFu", "c3Rh\r\n"],
      ["dAAA\\", "AAAA"],
    ],
    [
      ["us", "ersdGFuc3Rh x\r\n"],
      ["us\\", "erAAAAAAAAA A"],
    ],
  ])("after a refused AUTH shows what comes as %j while it may be a command, and is replayed", (cut, shown) => {
    const recording = recorded([octets("AUTH NONE\r\n"), ...cut.map(octets), octets("NOOP\r\n")]);
    expect(received(recording).slice(1)).toEqual([...shown, "NOOP"]);
    expect(recording.join("\n")).not.toMatch(/HRpbQBz|dGFu|c3Rh/i);
    expect(replayServer(recording).run()).toBe(null);
  });

  it("shows a name and a unique id that are the password too, and both sides are replayed", () => {
    const [atServer, atClient]: [string[], string[]] = [[], []];
    const server = recordServer({ tls: true }, (line) => atServer.push(line));
    const client = recordClient({ tls: true }, (line) => atClient.push(line));
    const uniqueIds: string[] = [];
    new SessionPair(
      {
        session: client,
        answer: (event) => {
          if (event.type === "greeting") client.user("test").pass("test");
          if (event.type === "pass") client.uidl().quit();
          if (event.type === "unique-id-listing") uniqueIds.push(event.uniqueId);
        },
        act: () => false,
      },
      {
        session: server,
        answer: (event) => {
          if (event.type === "pass") server.accept({ sizes: [3], uniqueIds: ["test"] });
          else if (event.answer === "needed") server.accept();
        },
      },
      (bytes) => [bytes],
    ).run();
    expect(uniqueIds).toEqual(["test"]);
    for (const recording of [atServer, atClient]) {
      expect(recording.join("\n")).toMatch(/^S[:+] 1 test$/m);
      expect(recording.join("\n")).not.toContain("PASS test");
    }
    expect(replayServer(atServer).run()).toBe(null);
    expect(replayClient(atClient).run()).toBe(null);
  });

  it("takes for a response what answers a challenge, and for a command what comes in one breath with it", () => {
    const recording = recorded([octets("AUTH PLAIN\r\nAHRpbQBz\r\nRETR 1\r\n")]);
    expect(received(recording)).toEqual(["AUTH PLAIN", "AAAAAAAA", "RETR 1"]);
    expect(recording.join("\n")).not.toContain("hidden");
    expect(replayServer(recording).run()).toBe(null);
  });

  it.each([
    ["a command with blanks behind it", "LIST \r\nUIDL  \r\nRETR 1\r\n", {}],
    ["commands that end in CR or LF alone", "NOOP\rNOOP\nLIST\rRETR 1\rRETR 1\n", { bareLineFeed: true }],
    ["a line with a CR alone", "NOOP\rNOOP\r\nLIST\r\nRETR 1\r\n", {}],
  ])("masks messages after %s", (_, input, leniencies) => {
    for (const cut of [(bytes: Uint8Array) => [bytes], byteByByte]) {
      const recording = recorded(cut(octets(`USER tim\r\nPASS x\r\n${input}QUIT\r\n`)), { ...OPTIONS, leniencies });
      expect(recording.join("\n")).not.toContain("hidden");
      expect(recording.join("\n")).toMatch(/^S[:+] 1 28/m);
      expect(replayServer(recording).run()).toBe(null);
    }
  });

  it("is replayed exactly, whatever comes, if all is shown", () => {
    const line = fc.constantFrom(
      ...[
        "USER tim",
        "PASS x",
        "AUTH PLAIN",
        "AHRpbQBzZWNyZXQ=",
        "*",
        "STAT",
        "LIST",
        "LIST 1",
        "UIDL",
        "RETR 1",
        "TOP 1 1",
      ],
      ...["DELE 1", "RSET", "LANG en", "CAPA", "FOO", "a\nb", "\0", "UTF8", "QUIT", "", "x".repeat(300)],
    );
    const input = fc.array(line, { maxLength: 20 }).map((all) => octets(`${all.join("\r\n")}\r\n`));
    fc.assert(
      fc.property(input.chain(chunkings), fc.boolean(), (chunks, bareLineFeed) => {
        const options = { ...OPTIONS, leniencies: { bareLineFeed } };
        expect(replayServer(recorded(chunks, options, { content: true, secrets: true })).run()).toBe(null);
        expect(replayServer(recorded(chunks, options)).state.state).toBe("authorization");
      }),
      { numRuns: runs() },
    );
  });

  it("sends a message that can be iterated again as often as one that is not recorded", () => {
    class Message {
      *[Symbol.iterator](): Generator<Uint8Array> {
        yield octets("Subject: a\r\n\r\n");
        yield octets("body\r\n");
      }
    }
    class Box {
      readonly count = 1;
      readonly size = () => 20;
      uniqueId(): string {
        return "u";
      }
      *[Symbol.iterator](): Generator<never> {}
    }
    const recording: string[] = [];
    const input = octets("USER a\r\nPASS b\r\nTOP 1 0\r\nRETR 1\r\nUIDL 1\r\nLIST 1\r\n");
    const [plain, watched] = [
      new Pop3ServerSession({ tls: true }),
      recordServer({ tls: true }, (line) => recording.push(line)),
    ].map((session) => {
      const message = new Message();
      return drive(session, [input], (event) => {
        if (event.type === "pass") session.accept(new Box());
        else if (event.type === "top" || event.type === "retr") session.accept().content(message);
      }).output;
    });
    expect(watched).toEqual(plain);
    expect(watched).toContain("+OK\r\nSubject: a\r\n\r\nbody\r\n.\r\n+OK 1 u\r\n+OK 1 20\r\n");
    expect(replayServer(recording).run()).toBe(null);
  });

  it("is replayed where taking the output threw in the midst of a listing", () => {
    const recording: string[] = [];
    const session = recordServer({ tls: true }, (line) => recording.push(line));
    const size = () => {
      throw new Error("EIO");
    };
    session.receive(octets("USER tim\r\nPASS x\r\nLIST\r\n"));
    for (const event of session) if (event.type === "pass") session.accept({ count: 1, size, uniqueId: String });
    expect(text(session.takeOutput()!)).toBe("+OK ready\r\n+OK\r\n+OK\r\n+OK\r\n");
    expect(() => session.takeOutput()).toThrow("EIO");
    session.abort();
    expect(session.takeOutput()).toBe(null);
    expect([...session]).toEqual([{ type: "closed", cause: "aborted", answer: "none" }]);
    expect(replayServer(recording).run()).toBe(null);
  });

  it("has the timestamp that was drawn, and none where there is none", () => {
    const [first, second] = [recorded([]), recorded([])];
    expect(first[0]).toMatch(/"apop":\{"timestamp":"<[0-9a-f]{32}@mx\.example\.com>"\}/);
    expect(first[0]).not.toBe(second[0]);
    const recording: string[] = [];
    expect(recordServer({ stls: true }, (line) => recording.push(line))).toBeInstanceOf(Pop3ServerSession);
    expect(recording[0]).toContain('"apop":null');
    expect(recorded([octets("NOOP\n")], { tls: true, leniencies: { bareLineFeed: true } })).toContain("C: NOOP\\n\\");
  });
});

describe("a client and a server", () => {
  it.each([
    ["USER", { name: "tim", password: PASSWORD }],
    ["APOP", { name: "tim", apop: (timestamp: string) => apopDigest(timestamp, PASSWORD) }],
    ["AUTH", { choose: () => plainClient({ authenticationIdentity: "tim", password: PASSWORD }) }],
  ])("that log in by %s over STLS are recorded without the secret, and replayed", (method, login) => {
    const [atServer, atClient]: [string[], string[]] = [[], []];
    const server = recordServer<SaslServer>({ ...OPTIONS, tls: false, stls: true }, (line) => atServer.push(line));
    const client = recordClient({ prepare: (text) => text.normalize() }, (line) => atClient.push(line));
    const tls = method === "APOP" ? ({ stls: "never" } as const) : {};
    const pair = new SessionPair(
      {
        session: client,
        answer: (event) => {
          if (event.type === "greeting") client.login({ ...login, ...tls });
          else if (event.type === "login") client.list().uidl().retr(1).top(1, 1).lang().quit();
        },
      },
      { session: server, answer: (event) => answer(server, event) },
      byteByByte,
    ).run();
    expect(pair.clientEvents.find(({ type }) => type === "login")).toMatchObject({ ok: true, method });
    expect(pair.clientEvents.at(-1)).toMatchObject({ type: "closed", cause: "quit" });
    for (const recording of [atServer, atClient]) {
      for (const secret of ["tanstaaf", "dGFuc3RhYWY", "hidden"]) expect(recording.join("\n")).not.toContain(secret);
    }
    expect(replayServer(atServer).run()).toBe(null);
    expect(replayClient(atClient).run()).toBe(null);
  });

  it("a status line may end with LF, and content ends with CRLF all the same", () => {
    const recording: string[] = [];
    const options = { tls: true, leniencies: { bareLineFeed: true } };
    const client = recordClient(options, (line) => recording.push(line));
    for (const reply of ["+OK\n", "+OK\n", "+OK\n", "+OK\na\n.\nhidden\r\n.\r\n"]) {
      client.receive(octets(reply));
      for (const event of client) {
        if (event.type === "greeting") client.user("tim").pass("tanstaaf");
        if (event.type === "pass") client.retr(1);
      }
      while (client.takeOutput() !== null);
    }
    expect(recording.join("\n")).not.toContain("hidden");
    expect(replayClient(recording).run()).toBe(null);
  });

  it.each([
    ["an empty line", "\r\n", "", "\r\n", {}],
    ["an LF", "\n", "\n", "\r\n", {}],
    ["CR LF LF", "\r\n\n", "\r\n\n", "\r\n", {}],
    ["+ok", "", "", "\r\n", { statusIgnoresCase: true }],
    ["an LF at its end", "", "", "\n", { bareLineFeed: true }],
    ["a CR at its end", "", "", "\r", { bareLineFeed: true }],
  ])(
    "a client masks responses and messages, whatever its leniencies take: %s",
    (what, before, between, end, leniencies) => {
      const ok = `${before}${what === "+ok" ? "+ok" : "+OK"}${between === "" ? "" : " x"}${end}`;
      for (const cut of [(bytes: Uint8Array) => [bytes], byteByByte]) {
        const lineEnd = end === "\r" ? "\r\n" : end; // a CR is known to stand alone by the octet behind it: nobody would go on
        const recording: string[] = [];
        const client = recordClient({ tls: true, leniencies }, (line) => recording.push(line));
        const script = ["+OK", `${before}+ VXNlcm5hbWU6`, `${before}+ UGFzc3dvcmQ6`, "+OK"];
        const login = loginClient({ authenticationIdentity: "tim", password: "geheim" });
        for (const line of [...script, "list", "message"]) {
          const listing = `${ok}1 2\n.\r\n1 30\r\n.\r\n`;
          const sent = line === "list" ? listing : line === "message" ? `${ok}hidden\r\n.\r\n` : `${line}${lineEnd}`;
          for (const chunk of cut(octets(sent))) client.receive(chunk);
          for (const event of client) {
            if (event.type === "greeting") client.auth(login, { force: true });
            if (event.type === "auth") client.list();
            if (event.type === "list") client.retr(1).noop();
          }
          while (client.takeOutput() !== null);
        }
        expect(recording.join("\n")).toContain('event retr {"number":1,"ok":true');
        expect(recording.join("\n")).not.toMatch(/hidden|dGlt|Z2VoZWlt/);
        expect(replayClient(recording).run()).toBe(null);
      }
    },
  );

  it("a client masks what is no response where one should stand", () => {
    for (const cut of [(bytes: Uint8Array) => [bytes], byteByByte]) {
      const recording: string[] = [];
      const client = recordClient({ tls: true }, (line) => recording.push(line));
      for (const chunk of cut(octets("+OK\r\nhidden\r\n.hidden\r\n"))) client.receive(chunk);
      expect([...client].at(-1)).toMatchObject({ type: "closed", cause: "violation" });
      expect(recording.join("\n")).not.toContain("hidden");
      expect(replayClient(recording).run()).toBe(null);
    }
  });

  it("shows where a replayed client stands in its table", () => {
    const recording: string[] = [];
    const client = recordClient({ tls: true }, (line) => recording.push(line));
    for (const _ of client.receive(octets("+OK\r\n")));
    client.user("tim").takeOutput();
    const replay = replayClient(recording);
    expect(replay.run()).toBe(null);
    expect(replay.state).toMatchObject({ state: "name", row: { PASS: "busy", AUTH: "busy", QUIT: "closed" } });
    expect(replay.state.row).not.toHaveProperty("APOP");
  });

  it("passwords and digests that are handed over are masked where they are handed over", () => {
    const recording: string[] = [];
    const client = recordClient({ tls: true }, (line) => recording.push(line));
    client.receive(octets("+OK <1@a>\r\n"));
    expect([...client]).toHaveLength(1);
    client.user("tim").pass("tanstaaf");
    client.takeOutput();
    for (const response of ["+OK\r\n", "-ERR\r\n"]) {
      client.receive(octets(response));
      expect([...client]).toHaveLength(1);
      client.takeOutput();
    }
    client.apop("tim", "ab12".repeat(8));
    client.takeOutput();
    expect(recording.filter((line) => /^call|^C/.test(line))).toEqual([
      ...['call user ["tim"]', 'call pass ["********"]', "C: USER tim", "C: PASS ********"],
      ...[`call apop ["tim","${"0".repeat(32)}"]`, `C: APOP tim ${"0".repeat(32)}`],
    ]);
    expect(replayClient(recording).run()).toBe(null);
  });
});
