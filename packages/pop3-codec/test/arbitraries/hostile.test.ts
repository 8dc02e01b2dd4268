import fc from "fast-check";
import { type Pop3ClientEvent, Pop3ClientSession, type Pop3ServerEvent, Pop3ServerSession } from "pop3-codec";
import {
  type HostileFamily,
  type HostileResponseFamily,
  type HostileResponses,
  hostileFamilies,
  hostileResponseFamilies,
  hostileResponses,
  hostileSession,
  SMUGGLED,
} from "pop3-codec/arbitraries";
import { byteByByte, drive, pull, record, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { answer } from "../support.ts";

const joinedText = (pieces: readonly Uint8Array[]) => pieces.map((piece) => text(piece)).join("");

describe("hostile sessions", () => {
  const only = (family: HostileFamily) => hostileSession({ families: [family] });

  it.each<[HostileFamily, RegExp]>([
    ["stls-injection", /^STLS\r\n[\s\S]+$/],
    ["over-long-line", new RegExp(`^[^\\r\\n]{252,}USER ${SMUGGLED}\\r\\nQUIT\\r\\n$`)],
    ["bare-line-end", new RegExp(`^[A-Z]+(?:\\n|\\r(?!\\n)|\\0)[\\s\\S]*USER ${SMUGGLED}\\r\\nQUIT\\r\\n$`)],
    ["odd-number", /\r\n(?:RETR|DELE|LIST|UIDL|TOP) .*\r\nQUIT\r\n$/],
    ["odd-argument", /^[^\r]*\r\nQUIT\r\n$/],
    ["out-of-place", /^(?!USER)[A-Z]{3,4}\b.*\r\nQUIT\r\n$/],
    ["cut-off", /^U(?![\s\S]*QUIT\r\n)/],
  ])("%s: the octets are what the label says, and our server keeps its contract", (family, promise) => {
    expect(hostileFamilies).toContain(family);
    fc.assert(
      fc.property(only(family), ({ flights, needs }) => {
        expect(joinedText(flights)).toMatch(promise);
        expect(needs).toBe(family === "stls-injection" ? "STLS" : null);
        const [whole, bytes] = [(b: Uint8Array) => [b], byteByByte].map((cut) => {
          const session = new Pop3ServerSession({ plaintextWithoutTls: true, stls: true, greeting: "" });
          const events: Pop3ServerEvent[] = [];
          let output = "";
          const take = (event: Pop3ServerEvent) => {
            events.push(event);
            answer(session, event);
          };
          for (const flight of flights) {
            if (session.waiting === "bytes") output += drive(session, cut(flight), take, false).output;
          }
          if (session.waiting === "tls") session.tlsEstablished();
          session.receiveEnd();
          output += joinedText(pull<Pop3ServerEvent>(session, take));
          return { events: JSON.stringify(events), output };
        });
        expect(bytes).toEqual(whole);
        expect(whole!.events).not.toContain(SMUGGLED);
        expect(whole!.events).toContain('"type":"closed"');
        for (const line of whole!.output.split("\r\n").slice(0, 1)) expect(line).toMatch(/^\+OK/);
        if (family === "cut-off") expect(whole!.events).not.toContain('"type":"quit"');
      }),
      { numRuns: runs(0.5) },
    );
  });

  it.each<[readonly string[] | undefined, readonly HostileFamily[]]>([
    [undefined, []],
    [["UIDL", "stls"], []],
    [["UIDL"], ["stls-injection"]],
  ])("of a server that offers %j leave out %j", (offers, missing) => {
    const made = hostileSession(offers === undefined ? {} : { offers: offers.values() });
    const seen = new Set(fc.sample(made, { numRuns: 300, seed: 3 }).map(({ family }) => family));
    expect(hostileFamilies.filter((family) => !seen.has(family))).toEqual(missing);
  });

  it("cannot be made where all need what the server does not offer", () => {
    expect(() => hostileSession({ families: ["stls-injection"], offers: [] })).toThrow(
      new RangeError("the server does not offer what stls-injection needs"),
    );
  });

  it("find nobody smuggled by a server without STLS", () => {
    fc.assert(
      fc.property(hostileSession({ offers: [] }), ({ flights }) => {
        const session = new Pop3ServerSession({ plaintextWithoutTls: true, greeting: "" });
        const events: Pop3ServerEvent[] = [];
        for (const flight of flights) {
          if (session.waiting !== "bytes") break;
          drive(
            session,
            [flight],
            (event) => {
              events.push(event);
              answer(session, event);
            },
            false,
          );
        }
        expect(JSON.stringify(events)).not.toContain(SMUGGLED);
      }),
      { numRuns: runs(2) },
    );
  });
});

/** A client that fetches one message. */
class Client {
  readonly session: Pop3ClientSession = new Pop3ClientSession({ plaintextWithoutTls: true });
  readonly events: Pop3ClientEvent[] = [];
  readonly #stls: boolean;
  #logins = 0;

  constructor(stls: boolean) {
    this.#stls = stls;
  }

  /** Says whether there was anything to send. */
  take(chunk: Uint8Array | null): boolean {
    if (chunk === null) this.session.receiveEnd();
    else this.session.receive(chunk);
    return pull<Pop3ClientEvent>(this.session, (event) => this.#act(event)).length > 0;
  }

  get closed(): boolean {
    return this.events.some(({ type }) => type === "closed");
  }

  #act(event: Pop3ClientEvent): void {
    const { session } = this;
    record(this.events, event.type === "content" ? { ...event, bytes: event.bytes.slice() } : event);
    if (session.state === "closed") return;
    if (event.type === "greeting") {
      if (this.#stls) session.stls();
      else session.user("tim");
    } else if (event.type === "user" && event.ok && this.#logins++ === 0) session.pass("tanstaaf");
    else if (event.type === "pass" && event.ok) session.stat();
    else if (event.type === "stat") session.retr(1);
    else if (event.type === "retr" || ("ok" in event && !event.ok)) session.quit();
  }
}

describe("hostile responses", () => {
  const only = (family: HostileResponseFamily) => hostileResponses({ families: [family] });

  function play({ family, responses }: HostileResponses, cut: (bytes: Uint8Array) => readonly Uint8Array[]) {
    const client = new Client(family === "behind-stls");
    for (const response of responses) {
      let sent = false;
      for (const piece of cut(response)) if (!client.closed) sent = client.take(piece.slice()) || sent;
      if (!sent || client.closed) break;
    }
    if (!client.closed) client.take(null);
    return client.events;
  }

  it.each<[HostileResponseFamily, RegExp]>([
    ["unasked", /^\+OK.*\r\n(?:[-+][\s\S]*\r\n){4,}$/],
    ["no-status", /^(?!\+OK[ \r]|-ERR[ \r])/],
    ["endless-line", /^\+OK x{100000}$/],
    ["bare-line-end", /^\+OK a(?:\n|\r|\0)/],
    ["odd-figures", /^\+OK (?!\d{1,16} \d{1,15}\r\n)/],
    ["false-end", /^\+OK\r\n[\s\S]*\r\n\.\r\n$/],
    ["closed", /^(?![\s\S]*\n)/],
    ["behind-stls", /^\+OK go ahead\r\n[\s\S]+$/],
  ])("%s: the octets are what the label says, and our client keeps its contract", (family, promise) => {
    expect(hostileResponseFamilies).toContain(family);
    fc.assert(
      fc.property(only(family), (hostile) => {
        expect(text(hostile.responses[hostile.at]!)).toMatch(promise);
        const events = play(hostile, (bytes) => [bytes]);
        // Of what comes unasked, whether a command was sent before it depends on the cut.
        if (family !== "endless-line" && family !== "unasked") expect(play(hostile, byteByByte)).toEqual(events);
        expect(events.filter(({ type }) => type === "closed")).toHaveLength(1);
        const whole = events.some((event) => event.type === "retr" && event.ok);
        const content = events.flatMap((event) => (event.type === "content" ? [event.bytes] : []));
        if (whole) expect(joinedText(content)).toBe(hostile.message === null ? null : text(hostile.message));
        if (family === "false-end") expect(whole).toBe(true);
        if (family === "behind-stls")
          expect(events).toContainEqual(expect.objectContaining({ type: "violation", code: "plaintext-behind-stls" }));
      }),
      { numRuns: runs(family === "endless-line" ? 0.1 : 0.5) },
    );
  });

  it("are of every family", () => {
    const seen = new Set(fc.sample(hostileResponses(), { numRuns: 300, seed: 3 }).map(({ family }) => family));
    expect([...seen].sort()).toEqual([...hostileResponseFamilies].sort());
  });
});
