import fc from "fast-check";
import * as sasl from "sasl";
import * as smtp from "smtp-codec";
import * as arbitraries from "smtp-codec/arbitraries";
import * as recording from "smtp-codec/recording";
import * as streams from "smtp-codec/streams";
import * as syntax from "smtp-codec/syntax";
import * as trace from "smtp-codec/trace";
import { drive, octets, runs, text } from "tools/testing";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { GREETING, offer } from "./client/support.ts";
import { blocks, run } from "./readme-blocks.ts";
import { accept } from "./support.ts";

it("the README's example of the syntax runs, and logs what its comments say", () => {
  const code = blocks.find((block) => block.includes("typeMailParameters("))!;
  const said = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => comment);
  expect(said).toHaveLength(3);
  const logged: unknown[] = [];
  const body = code
    .replace(/^import (\{.*?\}) from "smtp-codec\/syntax";$/gm, "const $1 = syntax;")
    .replace("<string, string[]>", "");
  new Function("syntax", "console", body)(syntax, { log: (value: unknown) => logged.push(value) });
  expect(logged).toEqual(said);
});

/** A client of the README that takes what a server says, and what it logs. */
function clientOf(sign: string) {
  const code = blocks.find((block) => block.includes(sign))!;
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, verbatimModuleSyntax: true };
  const { outputText } = ts.transpileModule(code, { compilerOptions });
  const body = outputText.replace(/^import (\{.*?\}) from "smtp-codec";$/gm, "const $1 = smtp;");
  const logged: string[] = [];
  const log = (...words: unknown[]) => logged.push(words.join(" "));
  const made = new Function("smtp", "console", `${body}; return { take, session };`)(smtp, { log });
  return { logged, ...(made as { take: (chunk: Uint8Array) => Uint8Array[]; session: smtp.SmtpClientSession }) };
}

const OK = "250 ok\r\n";
const ENVELOPE = "MAIL FROM:<a@example.com>";
const CONTENT = "Subject: hello\r\n\r\nworld\r\n.\r\n";

it.each<readonly [string, readonly (readonly [said: string, answer: string])[], readonly string[]]>([
  [
    "new SmtpTransaction(",
    [
      [GREETING, "EHLO client.example.com\r\n"],
      [
        offer("PIPELINING", "SIZE"),
        `${ENVELOPE} SIZE=25\r\nRCPT TO:<b@example.org>\r\nRCPT TO:<c@example.org>\r\nDATA\r\n`,
      ],
      [`${OK}${OK}550 no such user\r\n354 go\r\n`, CONTENT],
      ["250 queued\r\n", "QUIT\r\n"],
    ],
    ["c@example.org permanent no such user", "b@example.org accepted queued"],
  ],
  [
    ".data();",
    [
      [GREETING, "EHLO client.example.com\r\n"],
      [
        offer("PIPELINING", "8BITMIME", "DSN"),
        `${ENVELOPE} BODY=8BITMIME RET=HDRS\r\nRCPT TO:<b@example.org>\r\nDATA\r\n`,
      ],
      [`${OK}${OK}354 go\r\n`, CONTENT],
      ["250 queued\r\n", "QUIT\r\n"],
    ],
    [],
  ],
])("the README's client with %j talks as it should", (sign, dialogue, said) => {
  const { take, session, logged } = clientOf(sign);
  for (const [server, client] of dialogue) expect(text(take(octets(server)))).toBe(client);
  expect([text(take(octets("221 bye\r\n"))), session.waiting]).toEqual(["", "closed"]);
  expect(logged).toEqual(said);
});

it("the README's client says why nothing was sent, and takes its leave", () => {
  const { take, logged } = clientOf("new SmtpTransaction(");
  const dialogue = [GREETING, offer("SIZE 5"), "221 bye\r\n"].map((said) => text(take(octets(said))));
  expect(dialogue).toEqual(["EHLO client.example.com\r\n", "QUIT\r\n", ""]);
  expect(logged).toEqual([
    "b@example.org not-accepted the message has 25 octets, the limit is 5",
    "c@example.org not-accepted the message has 25 octets, the limit is 5",
  ]);
});

it.each([
  ["reset at QUIT", "QUIT", { recipients: [{ outcome: "accepted" }] }],
  ["reset after the end of the message", "\r\n.\r\n", { recipients: [{ outcome: "unknown" }] }],
  ["reset before there is a transaction", "AUTH", null],
])("the README's submit() gives its report over a connection that is %s", async (_, last, report) => {
  type Submit = (connection: object, user: string, password: string, envelope: object, content: Uint8Array) => unknown;
  const { SmtpClientSession, SmtpTransaction } = smtp;
  const submit = run<Submit>("submit(connection: Connection", "submit", {
    negotiate: sasl.negotiate,
    SmtpClientSession,
    SmtpTransaction,
  });
  const said = [
    GREETING,
    offer("STARTTLS"),
    "220 go\r\n",
    offer("AUTH PLAIN"),
    "235 in\r\n",
    OK,
    OK,
    "354 go\r\n",
    OK,
  ].values();
  let reset = false;
  const connection = {
    read: async () => {
      if (reset) throw new Error("ECONNRESET");
      return octets(said.next().value!);
    },
    write: async (bytes: Uint8Array) => {
      if (reset) throw new Error("EPIPE");
      reset = text(bytes).includes(last);
    },
    startTls: async () => {},
  };
  const made = await submit(
    connection,
    "tim",
    "tanstaaf",
    { from: "a@example.com", to: ["b@example.org"] },
    octets(CONTENT),
  );
  if (report === null) expect(made).toBe(null);
  else expect(made).toMatchObject(report);
});

it("the README's server ends with a connection that is reset, and has stored what it accepted", async () => {
  type Serve = (connection: object, mailboxes: object) => Promise<void>;
  const given = { SmtpServerSession: smtp.SmtpServerSession, addressLiteral: syntax.addressLiteral, ...trace };
  const serve = run<Serve>("mailboxes: Mailboxes", "serve", given);
  const content = "Subject: x\r\n\r\nwhole\r\n";
  const begin = ["MAIL FROM:<a@example.com>\r\n", "RCPT TO:<b@example.org>\r\n", "DATA\r\n"];
  const said = ["EHLO client.example.com\r\n", ...begin, `${content}.\r\n`, ...begin, "half\r\n"];
  const stored: string[] = [];
  const connection = {
    remoteAddress: "192.0.2.1",
    read: async () => {
      if (said.length === 0) throw new Error("ECONNRESET");
      return octets(said.shift()!);
    },
    write: async () => {
      if (said.length < 2) throw new Error("EPIPE");
    },
  };
  const store = async (to: readonly string[], head: string, pieces: readonly Uint8Array[]) =>
    void stored.push(`${to} ${head}${pieces.map(text).join("")}`);
  await serve(connection, { has: (address: string) => address === "b@example.org", store });
  expect(stored).toEqual([expect.stringMatching(/^b@example\.org Return-Path: <a@example\.com>\r\nReceived: /)]);
  expect(stored[0]!.endsWith(content)).toBe(true);
});

/** A server for the README's fuzzer that takes everything, as our session or as one that takes LF for a line end. */
async function play(flights: readonly arbitraries.Flight[], options: object, lf = false) {
  const session = new smtp.SmtpServerSession({ host: "mx.example.com", ...options });
  const made = { senders: [] as string[], messages: 0 };
  const answer = (event: smtp.SmtpServerEvent) => {
    if (event.type === "mail") made.senders.push(event.from.address);
    if (event.type === "message") made.messages++;
    accept(session, event);
  };
  drive(session, [], answer, false);
  for (const { bytes } of flights) {
    if (session.waiting !== "bytes") break;
    drive(session, [lf ? octets(text(bytes).replace(/\r?\n/g, "\r\n")) : bytes], answer, false);
  }
  return made;
}

it.each([
  ["\0tim\0tanstaaf", 235],
  ["tim\0tim\0tanstaaf", 235],
  ["root\0tim\0tanstaaf", 535],
  ["\0tim\0tanstaa", 535],
  ["\0root\0tanstaaf", 535],
])("the README's server answers AUTH PLAIN with %j by %i", (message, code) => {
  type Authenticate = (session: smtp.SmtpServerSession, event: smtp.SmtpServerEvent) => void;
  const authenticate = run<Authenticate>("verifyScramPassword(", "authenticate", { ...sasl });
  const session = new smtp.SmtpServerSession({ host: "mx.example.com", tls: true, mechanisms: ["PLAIN"] });
  const input = `EHLO client.example.com\r\nAUTH PLAIN ${btoa(message)}\r\n`;
  const { output } = drive(session, [octets(input)], (event) => authenticate(session, event));
  expect(output).toMatch(new RegExp(`^${code} .*\\r\\n$`, "m"));
});

describe("the README's fuzzer", () => {
  const code = blocks.find((block) => block.includes("fc.asyncProperty"))!;
  const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
  const body = outputText
    .replace(/^import \* as fc from "fast-check";$/m, "")
    .replace(/^import (\{.*?\}) from "smtp-codec\/arbitraries";$/m, "const $1 = arbitraries;")
    .replace("export function", "return function");
  type Fuzz = (
    offers: Iterable<string>,
    server: (flights: readonly arbitraries.Flight[]) => ReturnType<typeof play>,
  ) => Promise<void>;
  /**
   * It makes a hundred runs by itself, and finds what it is to find; and more, for what a newcomer would see only now
   * and then.
   */
  const numRuns = Math.max(100, runs(10));
  const many = { ...fc, assert: (property: fc.IAsyncProperty<unknown>) => fc.assert(property, { numRuns }) };
  const fuzz = new Function("fc", "arbitraries", body)(many, arbitraries) as Fuzz;
  const accusation = { cause: { message: expect.stringContaining("content was run as a command") } };

  it.each([
    ["as it is by default", {}, []],
    ["with STARTTLS", { starttls: true }, ["STARTTLS"]],
    ["with CHUNKING", { chunking: true }, ["chunking"]],
    ["with both", { starttls: true, chunking: true }, ["SIZE", "CHUNKING", "STARTTLS"]],
  ])("does not accuse our server %s", async (_, options, offers) => {
    await expect(fuzz(offers, (flights) => play(flights, options))).resolves.toBeUndefined();
  });

  it("accuses a server that takes LF for a line end", async () => {
    await expect(fuzz([], (flights) => play(flights, {}, true))).rejects.toMatchObject(accusation);
  });

  it("accuses a server of what it does not offer, if it is told that it does", async () => {
    await expect(fuzz(["STARTTLS"], (flights) => play(flights, {}))).rejects.toMatchObject(accusation);
  });
});

it("the README's example of recordings runs, and logs what its comments say", () => {
  const code = blocks.find((block) => block.includes('"smtp-codec/recording"'))!;
  const logged: unknown[] = [];
  const body = code
    .replace(/^import (\{.*?\}) from "smtp-codec\/recording";$/gm, "const $1 = recording;")
    .replace(": string[]", "");
  new Function("recording", "console", body)(recording, { log: (value: unknown) => logged.push(value) });
  expect(logged).toEqual(["connect", "ehlo", "violation", 503, null]);
});

it("the README's server over Web Streams runs: TLS, a message, and no timer is left", async () => {
  const code = blocks.find((block) => block.includes('"smtp-codec/streams"'))!;
  const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
  const body = outputText.replace(/^import .*$/gm, "").replace("export ", "");
  const timers = new Set<object>();
  const given = {
    ...smtp,
    ...streams,
    setTimeout: (_: () => void, milliseconds: number) => {
      const timer = { milliseconds };
      timers.add(timer);
      return timer;
    },
    clearTimeout: (timer: object) => timers.delete(timer),
  };
  const names = ["SmtpServerSession", "driveStreams", "setTimeout", "clearTimeout"] as const;
  const serve = new Function(...names, `${body}; return serve;`)(...names.map((name) => given[name])) as (
    connection: streams.StreamConnection,
    startTls: () => Promise<streams.StreamConnection>,
  ) => Promise<void>;
  const written: string[] = [];
  const connection = (said: string): streams.StreamConnection => ({
    readable: new Blob([said]).stream() as ReadableStream<Uint8Array>,
    writable: new WritableStream({ write: (bytes) => void written.push(text(bytes)) }),
  });
  const hello = "EHLO client.example.com\r\n";
  const sent = `${hello}${ENVELOPE}\r\nRCPT TO:<b@example.org>\r\nDATA\r\n${CONTENT}QUIT\r\n`;
  await serve(connection(`${hello}STARTTLS\r\n`), async () => connection(sent));
  const codes = written.join("").match(/^\d{3}(?= )/gm);
  expect(codes).toEqual(["220", "250", "220", "250", "250", "250", "354", "250", "221"]);
  expect(timers.size).toBe(0);
});

it("the README's client over Web Streams runs: every part from the file's beginning, and the file let go of", async () => {
  type Send = (
    connection: streams.StreamConnection,
    envelope: smtp.Envelope,
    file: () => ReadableStream,
  ) => Promise<unknown>;
  const send = run<Send>("behind<", "send", { ...smtp, ...streams });
  let [opened, cancelled] = [0, 0];
  const file = () => {
    opened++;
    // Each is a chunk of its own.
    const pieces = Array.from({ length: 20 }, (_, line) => octets(`line ${line}\n${"x".repeat(20_000)}\n`));
    return new ReadableStream({
      pull: (controller) => {
        const next = pieces.shift();
        if (next === undefined) controller.close();
        else controller.enqueue(next);
      },
      cancel: () => void cancelled++,
    });
  };
  const envelope = { from: "a@example.com", to: ["b@example.org", "c@example.org"], content: "7bit" } as const;
  /** A server that refuses the first chunk of the first message, and with it those after it. */
  const chunked = async () => {
    let [written, unread, octetsLeft, failed, refusals] = ["", "", 0, false, 0];
    let say: (reply: string) => void = () => {};
    const readable = new ReadableStream({
      start: (controller) => {
        say = (reply) => controller.enqueue(octets(reply));
        say(GREETING);
      },
    });
    const chunk = () => {
      if (failed) say("503 no\r\n");
      else if (refusals === 0) {
        say("452 no space\r\n");
        failed = true;
        refusals++;
      } else say(OK);
    };
    const command = (line: string) => {
      const size = /^BDAT (\d+)/.exec(line)?.[1];
      if (size !== undefined) octetsLeft = Number(size);
      if (size === "0") chunk();
      if (size !== undefined) return;
      failed &&= !line.startsWith("RSET");
      say(line.startsWith("EHLO") ? offer("PIPELINING", "CHUNKING", "LIMITS RCPTMAX=1") : OK);
    };
    const writable = new WritableStream({
      write: (bytes) => {
        written += text(bytes);
        unread += text(bytes);
        for (;;) {
          const skipped = Math.min(octetsLeft, unread.length);
          unread = unread.slice(skipped);
          octetsLeft -= skipped;
          if (skipped > 0 && octetsLeft === 0) chunk();
          const end = unread.indexOf("\r\n");
          if (octetsLeft > 0 || end < 0) return;
          const line = unread.slice(0, end);
          unread = unread.slice(end + 2);
          command(line);
        }
      },
    });
    return { report: await send({ readable, writable }, envelope, file), written };
  };
  const dialogue = async (...said: readonly string[]) => {
    const written: string[] = [];
    const left = said.map(octets);
    const readable = new ReadableStream({
      pull: (controller) => {
        const next = left.shift();
        if (next === undefined) controller.close();
        else controller.enqueue(next);
      },
    });
    const connection = { readable, writable: new WritableStream({ write: (bytes) => void written.push(text(bytes)) }) };
    return { report: await send(connection, envelope, file), written: written.join("") };
  };
  const parts = await chunked();
  expect(parts.report).toMatchObject({ recipients: [{ outcome: "transient" }, { outcome: "accepted" }] });
  expect(parts.written.match(/^line 0\r$/gm)).toHaveLength(2);
  expect([opened, cancelled, parts.written.endsWith("BDAT 0 LAST\r\nQUIT\r\n")]).toEqual([2, 1, true]);
  // What a server says too early answers nothing.
  const early = await dialogue(GREETING, `${offer("PIPELINING")}${OK}550 a\r\n550 b\r\n554 c\r\n${OK}`, "221 bye\r\n");
  expect(early.report).toMatchObject({ recipients: [{ outcome: "not-accepted" }, { outcome: "not-accepted" }] });
  const refused = await dialogue("554 no\r\n", "221 bye\r\n");
  expect([refused.report, refused.written]).toEqual([null, "QUIT\r\n"]);
});

/** A connection whose other end says these things, one at each read. */
function scripted(said: readonly string[]) {
  const left = [...said];
  const log: string[] = [];
  return {
    said,
    log,
    remoteAddress: "192.0.2.1",
    read: async () => {
      const next = left.shift();
      return next === undefined ? null : octets(next);
    },
    write: async (bytes: Uint8Array) => void log.push(text(bytes)),
    startTls: async () => void log.push("TLS"),
  };
}

it("the README's server takes a message whole, with its trace, and refuses whom it does not know", async () => {
  const serve = run<(connection: object, mailboxes: object) => Promise<void>>('session.accept("stored")', "serve", {
    ...smtp,
    addressLiteral: syntax.addressLiteral,
    ...trace,
  });
  const hello = "EHLO client.example.com\r\n";
  const commands = `${hello}${ENVELOPE}\r\nRCPT TO:<b@example.org>\r\nRCPT TO:<c@example.org>\r\nDATA\r\n${CONTENT}QUIT\r\n`;
  const connection = scripted([`${hello}STARTTLS\r\n`, commands]);
  const stored: [readonly string[], string, string][] = [];
  await serve(connection, {
    has: (address: string) => address === "b@example.org",
    store: async (to: readonly string[], head: string, pieces: readonly Uint8Array[]) =>
      void stored.push([to, head, text(pieces)]),
  });
  const codes = connection.log.join("").match(/^(?:TLS|\d{3}(?= ))/gm);
  expect(codes).toEqual(["220", "250", "220", "TLS", "250", "250", "250", "550", "354", "250", "221"]);
  expect(stored).toEqual([
    [
      ["b@example.org"],
      expect.stringMatching(
        /^Return-Path: <a@example\.com>\r\nReceived: from client\.example\.com \(\[192\.0\.2\.1\]\) by mx\.example\.com with\s+ESMTPS;/,
      ),
      CONTENT.replace(/\.\r\n$/, ""),
    ],
  ]);
});

it("the README's submission talks as it should: TLS, a hello, AUTH, a message", async () => {
  const submit = run<(...given: unknown[]) => Promise<smtp.TransactionReport | null>>(
    "export async function submit",
    "submit",
    {
      ...smtp,
      negotiate: sasl.negotiate,
    },
  );
  const connection = scripted([
    GREETING,
    offer("STARTTLS"),
    "220 go\r\n",
    offer("PIPELINING", "AUTH PLAIN"),
    "235 ok\r\n",
    `${OK}${OK}354 go\r\n`,
    "250 queued\r\n",
    "221 bye\r\n",
  ]);
  const envelope = { from: "a@example.com", to: ["b@example.org"], content: "7bit" };
  const report = await submit(connection, "tim", "tanstaaftanstaaf", envelope, octets("Subject: hello\n\nworld\n"));
  expect(connection.log).toEqual([
    "EHLO client.example.com\r\n",
    "STARTTLS\r\n",
    "TLS",
    "EHLO client.example.com\r\n",
    "AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n",
    `${ENVELOPE}\r\nRCPT TO:<b@example.org>\r\nDATA\r\n`,
    CONTENT,
    "QUIT\r\n",
  ]);
  expect(report?.recipients).toMatchObject([{ to: { address: "b@example.org" }, outcome: "accepted", text: "queued" }]);
  const unsent = scripted([...connection.said.slice(0, 3), offer("AUTH PLAIN", "SIZE 5"), "235 ok\r\n", "221 bye\r\n"]);
  const unable = await submit(unsent, "tim", "tanstaaf", envelope, octets("Subject: hello\n\nworld\n"));
  expect(unable).toMatchObject({ problems: [{ code: "too-big" }], recipients: [{ outcome: "not-accepted" }] });
  expect(unsent.log.slice(-1)).toEqual(["QUIT\r\n"]);
  const refused = scripted([GREETING, offer("STARTTLS"), "454 later\r\n", "221 bye\r\n"]);
  expect(await submit(refused, "tim", "tanstaaf", envelope, octets(""))).toBeNull();
  expect(refused.log.slice(1)).toEqual(["STARTTLS\r\n", "QUIT\r\n"]);
});

it("the README's relay sends on what the envelope said", () => {
  const envelopeOf = run<(event: object) => smtp.Envelope>("export function envelopeOf", "envelopeOf", smtp);
  const session = new smtp.SmtpServerSession({ host: "mx.example.com", dsn: true, chunking: true, binaryMime: true });
  let envelope: smtp.Envelope | null = null;
  const rcpt = "RCPT TO:<b@example.org> NOTIFY=NEVER\r\n";
  const commands = `EHLO a.example\r\n${ENVELOPE} SIZE=3 BODY=BINARYMIME RET=HDRS\r\n${rcpt}BDAT 3 LAST\r\na\nb`;
  drive(session, [octets(commands)], (event) => {
    if (event.type === "message") envelope = envelopeOf(event);
    accept(session, event);
  });
  expect(envelope).toMatchObject({
    from: { address: "a@example.com" },
    content: "binary",
    ret: "HDRS",
    to: [{ to: { address: "b@example.org" }, notify: "NEVER" }],
  });
  const offered = { keywords: new Map([["DSN", []]]) } as unknown as smtp.Capabilities;
  expect(smtp.envelopeProblems(envelope!, offered, false)).toMatchObject([
    { code: "not-offered", extension: /BINARYMIME/ },
  ]);
});
