import { smugglingFamilies } from "dot-stuffing/arbitraries";
import fc from "fast-check";
import { type SmtpServerEvent, type SmtpServerOptions, SmtpServerSession } from "smtp-codec";
import {
  type HostileFamily,
  type HostileSession,
  hostileFamilies,
  hostileSessions,
  SMUGGLED,
} from "smtp-codec/arbitraries";
import { byteByByte, drive, pull, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO } from "../support.ts";

const only = (family: HostileFamily) => hostileSessions({ families: [family] });
const wire = ({ flights }: HostileSession) => flights.map(({ bytes }) => text(bytes)).join("");

/** What each family promises of its octets. */
const PROMISES: { readonly [Family in HostileFamily]?: RegExp } = {
  "starttls-injection": /^EHLO .*\r\nSTARTTLS\r\n[\s\S]+$/,
  "bdat-border": /BDAT \d+ LAST\r\n[\s\S]*QUIT\r\n$/,
  "bdat-refused": new RegExp(`BDAT \\d+(?: LAST)?\\r\\nMAIL FROM:<${SMUGGLED}>\\r\\n`),
  "bdat-size": new RegExp(`BDAT(?! \\d{1,15}(?: LAST)?\\r).*\\r\\nMAIL FROM:<${SMUGGLED}>\\r\\n`),
  "pipelined-content": /\r\nDATA\r\n([\s\S]*\r\n)?\.\r\nQUIT\r\n$/,
  "over-long-line": new RegExp(`\\r\\n[^\\r\\n]{500,}MAIL FROM:<${SMUGGLED}>\\r\\nQUIT\\r\\n$`),
  "over-long-path": /FROM:<(?:[^@]{65,}@.*|.*@.{256,})>\r\n/,
  "bare-line-end": new RegExp(`(?:[^\\r]\\n|\\r(?!\\n)|\\0)[\\s\\S]*MAIL FROM:<${SMUGGLED}>\\r\\n`),
  "odd-path": /(?:FROM|TO):[\s\S]*\r\nQUIT\r\n$/,
  "odd-parameter": /MAIL FROM:<a@example\.com> [^\r]+\r\n/,
  "cut-off": /[\s\S]$/,
};

/** Plays a session against ours, TLS handshake and all, and again byte by byte. */
function play(hostile: HostileSession, options: Partial<SmtpServerOptions>) {
  const [whole, bytes] = [(b: Uint8Array) => [b], byteByByte].map((cut) => {
    const session = new SmtpServerSession({ host: "mx.example.com", starttls: true, ...options });
    const events: SmtpServerEvent[] = [];
    let output = "";
    const take = (event: SmtpServerEvent) => {
      events.push(event);
      accept(session, event);
    };
    for (const flight of hostile.flights) {
      if (session.waiting === "closed") break;
      output += drive(session, cut(flight.bytes), take, false).output;
    }
    if (session.waiting === "tls") {
      session.tlsEstablished();
      output += drive(session, [new TextEncoder().encode(EHLO)], take, false).output;
    }
    session.receiveEnd();
    output += text(pull<SmtpServerEvent>(session, take));
    return { events: events.filter(({ type }) => type !== "content"), output };
  });
  expect(bytes).toEqual(whole);
  return whole!;
}

describe("hostile sessions", () => {
  it("have a family for every false end, and the others", () => {
    const falseEnds = hostileFamilies.filter((family) => family.startsWith("false-end "));
    expect(falseEnds.map((family) => family.slice(10))).toEqual(smugglingFamilies);
    expect(hostileFamilies.filter((family) => !family.startsWith("false-end ")).sort()).toEqual(
      Object.keys(PROMISES).sort(),
    );
    const seen = new Set(fc.sample(hostileSessions(), { numRuns: 2000, seed: 3 }).map(({ family }) => family));
    expect(seen.size).toBe(hostileFamilies.length);
  });

  it.each<[readonly string[], readonly HostileFamily[]]>([
    [[], ["starttls-injection", "bdat-border", "bdat-refused", "bdat-size"]],
    [
      ["starttls", "SIZE"],
      ["bdat-border", "bdat-refused", "bdat-size"],
    ],
    [["CHUNKING"], ["starttls-injection"]],
    [["CHUNKING", "STARTTLS"], []],
  ])("of a server that offers %j leave out %j", (offers, missing) => {
    const seen = new Set(
      fc.sample(hostileSessions({ offers: offers.values() }), { numRuns: 2000, seed: 3 }).map(({ family }) => family),
    );
    expect(hostileFamilies.filter((family) => !seen.has(family))).toEqual(missing);
  });

  it("cannot be made where all need what the server does not offer", () => {
    expect(() => hostileSessions({ families: ["bdat-size", "starttls-injection"], offers: [] })).toThrow(
      new RangeError("the server does not offer what bdat-size, starttls-injection needs"),
    );
  });

  it.each(hostileFamilies)("%s: the octets are what the label says", (family) => {
    fc.assert(
      fc.property(only(family), (hostile) => {
        const found = wire(hostile);
        expect([hostile.family, hostile.flights[0]!.replies]).toEqual([family, 1]);
        if (family.startsWith("false-end ")) {
          expect(found).toContain(`MAIL FROM:<${SMUGGLED}>\r\nRCPT TO:`);
          expect(found.match(/\r\n\.\r\n/g)).toHaveLength(1);
        } else expect(found).toMatch(PROMISES[family]!);
        expect(hostile.needs).toBe(
          family.startsWith("bdat") ? "CHUNKING" : family.startsWith("starttls") ? "STARTTLS" : null,
        );
      }),
      { numRuns: runs(0.15) },
    );
  });

  it.each(hostileFamilies)("%s: our server keeps its contract, in every mode", (family) => {
    const options = fc.record({
      lineEndings: fc.constantFrom("reject" as const, "normalize" as const, "preserve" as const),
      chunking: fc.boolean(),
      smtputf8: fc.boolean(),
    });
    fc.assert(
      fc.property(only(family), options, (hostile, chosen) => {
        const { events, output } = play(hostile, chosen);
        expect(JSON.stringify(events)).not.toContain(SMUGGLED);
        const messages = events.filter(({ type }) => type === "message");
        // Where CHUNKING is not offered its chunks are read over.
        expect(messages.length).toBeLessThanOrEqual(hostile.messages);
        for (const line of output.split("\r\n").slice(0, -1)) expect(line).toMatch(/^[2-5][0-5]\d[ -][ -~]*$/);
        expect(events.at(-1)).toMatchObject({ type: "closed" });
      }),
      { numRuns: runs(0.15) },
    );
  });

  it.each(hostileFamilies)("%s: a server that takes what it may takes no message less than it says", (family) => {
    const most = family.startsWith("false-end") || ["bdat-border", "pipelined-content"].includes(family) ? 1 : 0;
    for (const hostile of fc.sample(only(family), { numRuns: 60, seed: 11 })) {
      const { events } = play(hostile, { chunking: true, lineEndings: "preserve" });
      expect([hostile.messages, events.filter(({ type }) => type === "message").length]).toEqual([most, most]);
    }
  });

  it.each<[HostileFamily, Partial<SmtpServerOptions>, string]>([
    ["false-end LF.LF", {}, "554 5.6.0"],
    ["bdat-refused", { chunking: true }, "554 5.5.1|503"],
    ["bdat-size", { chunking: true }, "501 5.5.4"],
    ["over-long-line", {}, "500 (?:5.5.2 )?line|250 2.0.0|501"],
    ["bare-line-end", {}, "500 (?:5.5.2 )?line"],
  ])("%s is refused", (family, options, codes) => {
    for (const hostile of fc.sample(only(family), { numRuns: 50, seed: 5 })) {
      expect(play(hostile, options).output).toMatch(new RegExp(`^(?:${codes})`, "m"));
    }
  });
});
