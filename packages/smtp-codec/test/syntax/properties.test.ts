import fc from "fast-check";
import { SmtpClientSession, SmtpServerSession } from "smtp-codec";
import * as arbitraries from "smtp-codec/arbitraries";
import {
  type Command,
  canonicalAddress,
  formatCapabilities,
  formatCommand,
  formatPath,
  formatReply,
  isFault,
  mailParameterSet,
  parseCapabilities,
  parseCommand,
  parseMailbox,
  ReplyAssembler,
  rcptParameterSet,
  sameMailbox,
  splitCommand,
  typeParameters,
  writeParameters,
} from "smtp-codec/syntax";
import { octets, runs } from "tools/testing";
import { describe, expect, it } from "vitest";
import { opened } from "./support.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
/** What our parser takes by default, within RFC 5321's grammar and outside. */
const anyCommand = arbitraries.commands({ lenient: true });
const withoutCrlf = (line: string) => line.slice(0, -2);

describe("what is written is read back", () => {
  for (const smtputf8 of [false, true]) {
    it(`[SMTP-4.1.2-10] commands, ${smtputf8 ? "beyond ASCII" : "ASCII"}`, () => {
      fc.assert(
        fc.property(arbitraries.commands({ smtputf8, lenient: true }), (command) => {
          const line = formatCommand(command, { smtputf8 });
          const read = parseCommand(utf8(withoutCrlf(line)), { smtputf8State: smtputf8 ? "in-force" : "not-offered" });
          expect(opened(read)).toEqual(opened(command));
          expect(formatCommand(read as Command, { smtputf8 })).toBe(line);
        }),
        { numRuns: runs(10) },
      );
    });

    it(`envelopes' parameters, ${smtputf8 ? "beyond ASCII" : "ASCII"}`, () => {
      const offered = (extension: string) => (extension === "SMTPUTF8" && !smtputf8 ? undefined : []);
      fc.assert(
        fc.property(arbitraries.envelopes({ smtputf8 }), ({ parameters, recipients }) => {
          const { smtputf8: flag, ...rest } = parameters;
          const mail = smtputf8 && flag ? parameters : rest;
          expect(typeParameters(mailParameterSet, writeParameters(mailParameterSet, mail, offered), offered)).toEqual(
            mail,
          );
          for (const { parameters: rcpt } of recipients) {
            const written = writeParameters(rcptParameterSet, rcpt, offered);
            expect(typeParameters(rcptParameterSet, written, offered)).toEqual(rcpt);
          }
        }),
        { numRuns: runs(3) },
      );
    });
  }

  it("[SMTP-4.2-4] replies", () => {
    const assembler = new ReplyAssembler();
    fc.assert(
      fc.property(arbitraries.replies(), (reply) => {
        const lines = formatReply(reply).split("\r\n").slice(0, -1);
        expect(lines.map((line) => assembler.add(octets(line), true)).at(-1)).toEqual(reply);
      }),
      { numRuns: runs(5) },
    );
  });

  it("capabilities", () => {
    fc.assert(
      fc.property(arbitraries.capabilities(), (capabilities) => {
        expect(parseCapabilities({ lines: formatCapabilities(capabilities) })).toEqual(capabilities);
      }),
      { numRuns: runs(5) },
    );
  });

  it("[SMTP-4.1.2-3] a mailbox and its canonical form are the same", () => {
    fc.assert(
      fc.property(arbitraries.mailboxes({ smtputf8: true }), (mailbox) => {
        const canonical = parseMailbox(canonicalAddress(mailbox), { smtputf8: true })!;
        expect(sameMailbox(mailbox, canonical)).toBe(true);
        expect(canonicalAddress(canonical)).toBe(canonical.address);
        // Every character of a quoted form as a pair still means the same.
        const paired = `"${[...mailbox.localPart].map((char) => (char < "\x7f" ? `\\${char}` : char)).join("")}"@${mailbox.domain}`;
        expect(sameMailbox(mailbox, parseMailbox(paired, { smtputf8: true })!)).toBe(true);
      }),
      { numRuns: runs(3) },
    );
  });
});

describe("nothing throws, and nothing gets through", () => {
  it("no command line makes the parser throw, and what it takes can be written", () => {
    const line = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .tuple(
          fc.constantFrom("MAIL FROM:", "RCPT TO:", "VRFY ", "BDAT ", "XCLIENT ", "ETRN ", "ATRN ", "AUTH ", "BURL "),
          fc.array(
            fc.constantFrom("<", ">", "@", "a", ".", '"', "\\", "[", "]", ":", ",", " ", "=", "é", "+", "IPv6:", "1"),
            { maxLength: 30 },
          ),
        )
        .map(([start, rest]) => utf8(start + rest.join(""))),
    );
    const lenient = { spaceBeforeColon: true, pathWithoutBrackets: true };
    fc.assert(
      fc.property(line, fc.constantFrom({}, lenient, { smtputf8State: "in-force" as const }), (bytes, options) => {
        const command = parseCommand(bytes, options);
        if (isFault(command)) {
          expect(command.reply.code).toBeGreaterThanOrEqual(500);
          return;
        }
        const written = formatCommand(command, { smtputf8: "smtputf8State" in options });
        expect(parseCommand(utf8(withoutCrlf(written)), options)).toEqual(withoutRoute(command));
      }),
      { numRuns: runs(20), examples: [[utf8("VRFY é"), { smtputf8State: "in-force" }]] },
    );
  });

  it("[SMTP-2.3.8-5] no field of any command can end its line", () => {
    fc.assert(
      fc.property(anyCommand, arbitraries.hostileText(), fc.nat(), (command, text, pick) => {
        for (const hostile of withHostileField(command, text, pick)) {
          let line: string;
          try {
            line = formatCommand(hostile, { smtputf8: true });
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
            continue;
          }
          // What is written is one line, of what cannot be cut to a line end: it is ASCII, or UTF-8 that means the
          // same.
          expect(line.slice(0, -2)).not.toMatch(/[\r\n\0]/);
          expect(line.endsWith("\r\n")).toBe(true);
          expect([...utf8(line)].filter((octet) => octet === 0x0d || octet === 0x0a)).toEqual([0x0d, 0x0a]);
        }
      }),
      { numRuns: runs(20) },
    );
  });

  it("no reply can hold a line end, nor what an octet cut makes one", () => {
    fc.assert(
      fc.property(arbitraries.replies(), arbitraries.hostileText(), (reply, text) => {
        expect(() => formatReply({ ...reply, lines: [...reply.lines, text] })).toThrow(RangeError);
        expect(() => formatPath({ kind: "postmaster", address: text })).toThrow(RangeError);
      }),
      { numRuns: runs(3) },
    );
  });

  it("sessions take what the generators make", () => {
    fc.assert(
      fc.property(arbitraries.capabilities(), fc.array(anyCommand, { maxLength: 6 }), (capabilities, commands) => {
        const client = new SmtpClientSession();
        for (const _ of client.receive(utf8("220 mx.example.com\r\n"))) client.ehlo("client.example.com").takeOutput();
        const reply = formatReply({ code: 250, enhanced: null, lines: formatCapabilities(capabilities) });
        const [event] = [...client.receive(utf8(reply))];
        expect(event).toMatchObject({ type: "ehlo", ok: true, capabilities });
        const server = new SmtpServerSession({ host: "mx.example.com" });
        server.receive(utf8(commands.map((command) => formatCommand(command)).join("")));
        for (const event of server) if (event.type !== "auth" && event.answer === "needed") server.accept();
      }),
      { numRuns: runs() },
    );
  });
});

/** A source route is read, and not written. */
function withoutRoute(command: Command): Command {
  if (command.verb === "MAIL" && command.from.kind === "mailbox")
    return { ...command, from: { ...command.from, route: [] } };
  if (command.verb === "RCPT" && command.to.kind === "mailbox") return { ...command, to: { ...command.to, route: [] } };
  return command;
}

/** The command with one of its texts, wherever it is, replaced. */
function withHostileField(command: Command, text: string, pick: number): Command[] {
  const places: string[][] = [];
  const walk = (value: unknown, path: string[]) => {
    if (typeof value === "string" && !["verb", "kind", "nameKind", "domainKind", "unavailable"].includes(path.at(-1)!))
      places.push(path);
    else if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) {
      for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
    }
  };
  walk(command, []);
  if (places.length === 0) return [];
  const place = places[pick % places.length]!;
  const replace = (value: unknown, depth: number): unknown => {
    if (depth === place.length) return text;
    const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
    copy[place[depth]!] = replace(copy[place[depth]!], depth + 1);
    return copy;
  };
  return [replace(command, 0) as Command];
}

describe("a line in the midst of other octets is read as by itself", () => {
  const surrounded = (line: Uint8Array, before: Uint8Array, after: Uint8Array) => {
    const all = new Uint8Array([...before, ...line, ...after]);
    return [all, before.length, before.length + line.length] as const;
  };
  const letters = fc.string({ unit: fc.constantFrom("4", "A", "N", " ", "-", "\t", "\r", "\n", "é"), maxLength: 6 });
  const around = letters.map(utf8);
  const ends = ["", "MAIL", "NO", "QUIT ", "RSET \t", "x", "250", "25", "250-", "250 "].map(utf8);

  it("a command's", () => {
    const lines = arbitraries.commands({ smtputf8: true }).map((command) => {
      return utf8(withoutCrlf(formatCommand(command, { smtputf8: true })));
    });
    fc.assert(
      fc.property(fc.oneof(lines, around, fc.constantFrom(...ends)), around, around, (line, before, after) => {
        const [all, from, to] = surrounded(line, before, after);
        expect(splitCommand(all, {}, from, to)).toEqual(splitCommand(line));
      }),
      { numRuns: runs(10) },
    );
  });

  it("a reply's", () => {
    const lines = letters.map((text) => utf8(`250 ${text}`));
    fc.assert(
      fc.property(fc.oneof(lines, around, fc.constantFrom(...ends)), around, around, (line, before, after) => {
        const [all, from, to] = surrounded(line, before, after);
        expect(new ReplyAssembler().add(all, true, from, to)).toEqual(new ReplyAssembler().add(line, true));
      }),
      { numRuns: runs(10) },
    );
  });
});
