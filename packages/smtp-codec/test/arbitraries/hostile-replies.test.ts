import fc from "fast-check";
import { type SmtpClientEvent, SmtpClientSession, SmtpTransaction, type TransactionEvent } from "smtp-codec";
import {
  type HostileReplies,
  type HostileReplyFamily,
  hostileReplies,
  hostileReplyFamilies,
} from "smtp-codec/arbitraries";
import { byteByByte, linesOf, octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";

const only = (family: HostileReplyFamily) => hostileReplies({ families: [family] });

/** What our client calls each harm; null: nothing, as the connection just ends. */
const VIOLATIONS: { readonly [Family in HostileReplyFamily]: readonly (string | null)[] } = {
  unasked: ["unexpected-reply", "unexpected-code", null],
  "codes-differ": ["codes-differ"],
  "endless-reply": ["reply-too-long"],
  "endless-line": ["line-too-long"],
  "no-code": ["invalid-reply"],
  "impossible-code": ["unexpected-code"],
  "bare-line-end": ["bare-lf", "bare-cr", "nul"],
  "421": [null],
  closed: [null],
  "behind-starttls": ["plaintext-behind-starttls"],
  challenge: ["unexpected-code"],
};

/** Of what our client refuses some is no more than odd to RFC 5321. */
const STRICT: readonly HostileReplyFamily[] = ["codes-differ", "impossible-code", "bare-line-end", "challenge"];
/** The place of the reply to the content. */
const CONTENT = 5;

/**
 * A client that sends one message and is told nothing but good, command by command; by the session, or by a transaction
 * over it.
 */
class Client {
  readonly session: SmtpClientSession = new SmtpClientSession({ pipelining: false });
  readonly events: (SmtpClientEvent | TransactionEvent)[] = [];
  readonly #tls: boolean;
  readonly #whole: boolean;
  #transaction: SmtpTransaction | null = null;

  constructor(tls: boolean, whole: boolean) {
    this.#tls = tls;
    this.#whole = whole;
  }

  /** Says whether there was anything to send. */
  take(chunk: Uint8Array | null): boolean {
    const { session } = this;
    if (chunk === null) session.receiveEnd();
    else session.receive(chunk);
    let sent = false;
    for (;;) {
      const source = this.#transaction ?? session;
      const event = source.nextEvent();
      if (event !== null) this.#act(event);
      sent = session.takeOutputPieces().length > 0 || sent;
      if (event === null && source === (this.#transaction ?? session)) return sent;
    }
  }

  get closed(): boolean {
    return this.events.some(({ type }) => type === "closed");
  }

  #act(event: SmtpClientEvent | TransactionEvent): void {
    const { session } = this;
    this.events.push(event);
    // If the connection has ended, that is the transaction's last event.
    if (event.type === "done" && session.state !== "closed") this.#transaction = null;
    if (session.state === "closed" || session.state === "refused") return;
    if (event.type === "greeting") session.ehlo("client.example.com");
    else if (event.type === "ehlo" && event.ok) {
      if (this.#tls) session.starttls();
      else if (this.#whole) this.#begin();
      else session.mail("a@example.com", { content: "7bit" }).rcpt("b@example.org").data();
    } else if (event.type === "data" && event.ok) session.content(octets("x\r\n"));
    else if (event.type === "message" || event.type === "done") session.quit();
    else if ("ok" in event && !event.ok && session.state === "rcpt") session.quit();
  }

  #begin(): void {
    const envelope = { from: "a@example.com", to: ["b@example.org"], content: "7bit" } as const;
    this.#transaction = new SmtpTransaction(this.session, envelope, { content: octets("x\r\n") });
  }
}

/** Has a client talk to a script; each of its replies is given once the client has sent something. */
function play({ family, replies }: HostileReplies, cut: (bytes: Uint8Array) => readonly Uint8Array[], whole: boolean) {
  const client = new Client(family === "behind-starttls", whole);
  for (const reply of replies) {
    let sent = false;
    for (const piece of cut(reply)) if (!client.closed) sent = client.take(piece.slice()) || sent;
    if (!sent || client.closed) break;
  }
  if (!client.closed) client.take(null);
  return client;
}

/**
 * Events as text. Whether a message's end was sent hangs on whether anybody had the time to take it, when a server says
 * all at once.
 */
function told(events: readonly (SmtpClientEvent | TransactionEvent)[]): string {
  const fate = /"outcome":"(?:not-accepted|unknown)","code":null,"enhanced":null,"text":"[^"]*"/g;
  return JSON.stringify(events).replace(fate, '"outcome":"none known"');
}

/** Whether a message was accepted by what was told. */
const accepts = (events: readonly (SmtpClientEvent | TransactionEvent)[]) =>
  events.some((event) => (event.type === "message" || event.type === "recipient") && event.outcome === "accepted");

describe("hostile replies", () => {
  it("are of every family", () => {
    expect(Object.keys(VIOLATIONS).sort()).toEqual([...hostileReplyFamilies].sort());
    const seen = new Set(fc.sample(hostileReplies(), { numRuns: 500, seed: 3 }).map(({ family }) => family));
    expect(seen.size).toBe(hostileReplyFamilies.length);
  });

  it.each<[HostileReplyFamily, RegExp]>([
    ["unasked", /^\d{3}[\s\S]*\r\n\d{3} [\s\S]*\r\n$/],
    ["codes-differ", /^(\d{3})-.*\r\n(?!\1)\d{3} .*\r\n$/],
    ["endless-reply", /^(?:(\d{3})-.*\r\n)+$/],
    ["endless-line", /^\d{3} x{100000}$/],
    ["no-code", /^(?![2-5]\d\d(?:[ -].*)?\r\n)/],
    ["impossible-code", /^(?:354|250|334) x\r\n$/],
    ["bare-line-end", /[^\r]\n|\r[^\n]|\0/],
    ["421", /^421 .*\r\n$/],
    ["closed", /^(?![\s\S]*\r\n$)/],
    ["behind-starttls", /^220 .*\r\n[\s\S]+$/],
    ["challenge", /^334 .*\r\n$/],
  ])("%s: the octets are what the label says", (family, promise) => {
    fc.assert(
      fc.property(only(family), ({ replies, at }) => {
        expect(text(replies[at]!)).toMatch(promise);
        for (const [index, reply] of replies.slice(0, at).entries()) {
          expect(text(reply)).toMatch(index === 4 ? /^354 .*\r\n$/ : /^(?:2\d\d-.*\r\n)*2\d\d .*\r\n$/);
        }
      }),
      { numRuns: runs(family.startsWith("endless") ? 0.05 : 0.3) },
    );
  });

  it.each(hostileReplyFamilies)("%s: our client ends, and calls nothing accepted that was not", (family) => {
    fc.assert(
      fc.property(only(family), fc.boolean(), (hostile, whole) => {
        const [one, other] = [linesOf, byteByByte].map((cut) =>
          play(hostile, family.startsWith("endless") ? (bytes) => [bytes] : cut, whole),
        );
        expect(told(other!.events)).toBe(told(one!.events));
        const { events } = one!;
        expect(events.filter(({ type }) => type === "closed")).toHaveLength(1);
        const found = events.flatMap((event) => (event.type === "violation" ? [event.code] : []));
        expect(VIOLATIONS[family]).toContain(found[0] ?? null);
        expect(found.length).toBeLessThanOrEqual(1);
        // Ours is stricter than it has to be.
        const accepted = STRICT.includes(family) ? hostile.at > CONTENT : hostile.mayAccept;
        expect(accepts(events)).toBe(accepted);
        const atOnce = play(hostile, (bytes) => [bytes], whole);
        expect(accepts(atOnce.events) && !accepted).toBe(false);
      }),
      { numRuns: runs(family.startsWith("endless") ? 0.05 : 0.3) },
    );
  });

  /**
   * Whether a client accepts its message that reads lines up to CRLF, goes by the first digit (§4.2.1), takes any text,
   * and in a reply of several lines goes by the code of this one of them.
   */
  function lenientAccepts({ family, replies }: HostileReplies, which: 0 | -1): boolean {
    const wanted = family === "behind-starttls" ? "2222232" : "222232";
    let wire = "";
    for (const [place, digit] of [...wanted].entries()) {
      wire += text(replies[place] ?? octets(""));
      const lines: string[] = [];
      do {
        const end = wire.indexOf("\r\n");
        lines.push(wire.slice(0, Math.max(end, 0)));
        wire = wire.slice(end + 2);
        if (!/^\d{3}(?:[ -]|$)/.test(lines.at(-1)!)) return false;
      } while (lines.at(-1)![3] === "-");
      if (lines.at(which)![0] !== digit) return false;
      // What comes after the reply to STARTTLS it discards; elsewhere what was not asked for ends it.
      if (family === "behind-starttls" && place === 2) wire = "";
      if (wire !== "" && place < CONTENT) return false;
    }
    return true;
  }

  it.each(hostileReplyFamilies)("%s: no client is called wrong that RFC 5321 allows", (family) => {
    const found = fc.sample(only(family), { numRuns: family.startsWith("endless") ? 50 : 400, seed: 7 });
    const wronged = found.filter(
      (hostile) => !hostile.mayAccept && ([0, -1] as const).some((which) => lenientAccepts(hostile, which)),
    );
    expect(wronged.map(({ replies, at }) => [at, text(replies[at]!).slice(0, 40)])).toEqual([]);
    // Nor is every client called right.
    expect(found.some(({ mayAccept }) => !mayAccept)).toBe(true);
  });
});
