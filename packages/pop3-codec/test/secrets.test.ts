import fc from "fast-check";
import { type Pop3ClientOptions, type Pop3ServerEvent, type Pop3ServerSession, Pop3Transcript } from "pop3-codec";
import { recordClient, recordServer } from "pop3-codec/recording";
import { loginClient, loginServer, plainServer, type SaslServer } from "sasl";
import { byteByByte, chunkings, octets, pull, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";

/** What no line shows: in messages, passwords and, in base64, responses. */
const NEEDLE = "needleneedle";
const BASE64 = btoa(NEEDLE);
const PLAIN = btoa(`\0tim\0${NEEDLE}`);
const NEEDLES = [NEEDLE, BASE64, PLAIN.slice(8)].map((needle) => needle.toLowerCase());
const MESSAGE = `Subject: ${NEEDLE}\r\n\r\n+OK ${NEEDLE}\r\n-ERR ${NEEDLE}\r\n.${NEEDLE}\r\n+ ${NEEDLE}\r\n1 ${NEEDLE}\r\n`;
const STUFFED = MESSAGE.replaceAll("\r\n.", "\r\n..");

/** What both ways of writing down show of a connection. */
class Written {
  readonly recording: string[] = [];
  readonly shown: string[] = [];
  readonly transcript: Pop3Transcript;

  constructor(bareLineFeed: boolean) {
    this.transcript = new Pop3Transcript({ bareLineFeed });
  }

  pass(from: "client" | "server", bytes: Uint8Array): void {
    for (const line of this.transcript[from](bytes)) this.shown.push(line.text);
  }

  expectClean(): void {
    for (const lines of [this.shown, this.recording])
      expect(lines.filter((line) => NEEDLES.some((needle) => line.toLowerCase().includes(needle)))).toEqual([]);
  }
}

const cuts = (bytes: Uint8Array) => fc.oneof(fc.constant([bytes]), fc.constant(byteByByte(bytes)), chunkings(bytes));

function answer(session: Pop3ServerSession<SaslServer>, event: Pop3ServerEvent<SaslServer>, accepts: boolean): void {
  if (event.type === "auth") session.authenticate(event.mechanism === "LOGIN" ? loginServer() : plainServer());
  else if (event.type === "sasl") session.proceed(accepts ? event.mechanism.accept() : { type: "failure", text: "no" });
  else if (["pass", "authenticated"].includes(event.type) && accepts)
    session.accept({ sizes: [MESSAGE.length], uniqueIds: ["a"] });
  else if (event.type === "retr" || event.type === "top") session.accept().content(octets(MESSAGE));
  else if (event.answer === "needed") event.type === "quit" ? session.accept() : session.reject();
}

describe("neither a transcript nor a recording shows secrets or messages", () => {
  const lines = (...all: string[]) => fc.constant(all);
  const dialogue = fc.oneof(
    lines("USER tim", `PASS ${NEEDLE}`),
    lines("AUTH PLAIN", PLAIN),
    lines(`AUTH PLAIN ${PLAIN}`),
    lines("AUTH LOGIN", btoa("tim"), BASE64),
    lines("AUTH LOGIN", `${BASE64}!`, BASE64, BASE64),
    lines("AUTH FOOBAR", BASE64, BASE64),
    lines(`NOOP ${"x".repeat(300)}`),
    fc
      .constantFrom("RETR 1", "TOP 1 2", "RETR 2", "LIST", "LIST 1", "UIDL", "CAPA", "AUTH", "LANG", "LANG en")
      .map((one) => [one]),
    fc
      .constantFrom("STAT", "NOOP", "FOO", "", "RSET", "STAT\0", "NOOP\rNOOP", "RETR 1\nRETR 1", "*")
      .map((one) => [one]),
  );
  const command = fc.tuple(dialogue, fc.constantFrom("", "", " ", "   "), fc.constantFrom("\r\n", "\r\n", "\n", "\r"));
  const leniencies = fc.record({
    ...{ trailingSpaces: fc.boolean(), authLists: fc.boolean(), keepName: fc.boolean(), bareLineFeed: fc.boolean() },
    ...{ longInitialResponse: fc.boolean(), spacesInNames: fc.boolean() },
  });

  it("[POP3-13-1] of a server's connection, whatever the client sends", () => {
    const scripts = fc.array(command, { maxLength: 8 }).chain((commands) =>
      leniencies.chain((lenient) => {
        const script = commands.map(([dialogue, blanks, end]) =>
          dialogue
            .map(
              (line) =>
                `${line}${/^(?:PASS|[a-z])/i.test(line) && !line.includes(" ") ? "" : blanks}${lenient.bareLineFeed ? end : "\r\n"}`,
            )
            .join(""),
        );
        return fc.tuple(cuts(octets(script.join(""))), fc.constant(lenient), fc.boolean());
      }),
    );
    fc.assert(
      fc.property(scripts, ([chunks, lenient, accepts]) => {
        const written = new Written(lenient.bareLineFeed);
        const languages = [{ language: "en", text: "English" }];
        const options = { tls: true, mechanisms: ["PLAIN", "LOGIN"], languages, leniencies: lenient };
        const session = recordServer<SaslServer>(options, (line) => written.recording.push(line));
        const go = () => {
          const pieces = pull(session, (event) => answer(session, event, accepts));
          for (const piece of pieces) written.pass("server", piece);
        };
        go();
        for (const chunk of chunks) {
          written.pass("client", chunk);
          session.receive(chunk);
          go();
        }
        written.expectClean();
      }),
      { numRuns: runs(3) },
    );
  });

  /** How a server's line differs from what it should be. */
  const manners = fc.record({
    lead: fc.constantFrom("", "\n", "\r\n", "\r\n\n", "\n\r\n"),
    ok: fc.constantFrom("+OK", "+ok"),
    text: fc.constantFrom("", " fine", " [X] fine", ` ${"x".repeat(600)}`),
    end: fc.constantFrom("\r\n", "\n", "\r"),
    refused: fc.constantFrom(false, false, false, true),
  });
  const FINE = { lead: "", ok: "+OK", text: "", end: "\r\n", refused: false };
  const tasks = fc.constantFrom("retr", "retr", "top", "list", "uidl", "capa", "noop", "stat", "lang", "dele");

  it("[POP3-13-1] of a client's connection, whatever of the server's its leniencies take", () => {
    const lenient = fc.record({
      ...{ leadingLineEnds: fc.boolean(), statusIgnoresCase: fc.boolean(), bareLineFeed: fc.boolean() },
    });
    const input = fc.tuple(
      lenient,
      fc.array(manners, { minLength: 1 }),
      fc.array(tasks, { maxLength: 8 }),
      fc.boolean(),
      fc.nat(),
    );
    fc.assert(
      fc.property(input, ([leniencies, given, tasks, pipelining, seed]) => {
        const written = new Written(leniencies.bareLineFeed);
        const options: Pop3ClientOptions = { tls: true, leniencies };
        const client = recordClient(options, (line) => written.recording.push(line));
        let count = 0;
        /** A status line, and what follows it. */
        const status = (ok: boolean, more: string | null = null): string => {
          const { lead, ok: word, text, end, refused } = given[count++ % given.length]!;
          const good = ok && !refused;
          const name = good ? (leniencies.statusIgnoresCase ? word : "+OK") : "-ERR";
          // A CR is known to stand alone by the octet after it: nobody would go on.
          const own = leniencies.bareLineFeed && (end === "\n" || (good && more)) ? end : "\r\n";
          const shown = more === null ? text : text.slice(0, 12);
          return `${leniencies.leadingLineEnds ? lead : ""}${name}${shown}${own}${good ? (more ?? "") : ""}`;
        };
        const challenge = (line: string) => `${leniencies.leadingLineEnds ? given[0]!.lead : ""}${line}\r\n`;
        const respond = (line: string): string => {
          if (line.startsWith("AUTH LOGIN")) return challenge("+ VXNlcm5hbWU6");
          if (line === btoa("tim")) return challenge("+");
          if (line.startsWith("CAPA"))
            return status(true, pipelining ? "PIPELINING\r\n.\r\n" : "TOP\n.\r\nUIDL\r\n.\r\n");
          if (/^(?:LIST|UIDL|LANG)/.test(line)) return status(true, "1 2\n.\r\n\r.\r\nen x\r\n..\r\n.\r\n");
          return /^(?:RETR|TOP)/.test(line) ? status(true, `${STUFFED}.\r\n`) : status(true);
        };
        let sent = octets("+OK ready\r\n");
        for (let round = 0; sent.length > 0 && round < 40; round++) {
          const bytes = sent;
          sent = new Uint8Array(0);
          for (const chunk of fc.sample(cuts(bytes), { numRuns: 1, seed: seed + round })[0]!) {
            written.pass("server", chunk);
            client.receive(chunk);
            const output = text(
              pull(client, (event) => {
                if (event.type === "greeting")
                  client.auth(loginClient({ authenticationIdentity: "tim", password: NEEDLE }), { force: true });
                else if (event.type === "auth" && !event.ok && client.state === "authorization")
                  client.user("tim").pass(NEEDLE);
                else if ((event.type === "auth" || event.type === "pass") && event.ok)
                  for (const task of tasks)
                    task === "top"
                      ? client.top(1, 2)
                      : task === "retr" || task === "dele"
                        ? client[task](1)
                        : client[task]();
              }),
            );
            written.pass("client", octets(output));
            for (const line of output.split("\r\n").slice(0, -1)) sent = octets(text(sent) + respond(line));
          }
        }
        written.expectClean();
      }),
      {
        numRuns: runs(3),
        examples: [
          // Empty lines after one that was dropped counted as a response: the message that came then was read as the
          // list that was refused.
          [
            [
              { leadingLineEnds: true, statusIgnoresCase: false, bareLineFeed: false },
              [
                FINE,
                FINE,
                { ...FINE, text: ` ${"x".repeat(600)}` },
                { ...FINE, lead: "\n\r\n" },
                { ...FINE, refused: true },
                FINE,
              ],
              ["capa", "noop", "noop", "uidl", "retr"],
              true,
              0,
            ],
          ],
        ],
      },
    );
  });
});
