import fc from "fast-check";
import {
  type MessageEvent,
  type SaslClient,
  type SmtpClientEvent,
  SmtpClientSession,
  type SmtpServerEvent,
  type SmtpServerOptions,
  SmtpServerSession,
  StateError,
} from "smtp-codec";
import { chunkings, octets, runs, SessionPair, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { fake, Restoring } from "../support.ts";
import { cell, type State, type Verb } from "./order.ts";

/** Where a part of a message comes from. */
type Source = "written" | "url";

/** A command as the application gives it; whether the server's application takes it stands in its text. */
interface Given {
  readonly verb: Verb;
  readonly accepted: boolean;
  /** Of BDAT: whether chunks may go ahead, the parts before the last one, and the last. */
  readonly eager: boolean;
  readonly parts: readonly Source[];
  readonly last: Source | "empty";
  /** Of BDAT that is not accepted: which part is refused; the last one if there are fewer. */
  readonly refusedPart: number;
}

/** What the server's application offers. */
interface Offer {
  readonly pipelining: boolean;
  readonly size: boolean;
  readonly enhancedStatusCodes: boolean;
  readonly chunking: boolean;
  readonly burl: boolean;
  readonly atrn: boolean;
}

/** What the two sides' applications have chosen. */
interface Policy {
  readonly server: Offer;
  readonly client: { readonly pipelining: boolean };
}

/** What both sides should be in. */
interface Model {
  readonly policy: Policy;
  state: State;
  /**
   * Where the server stands: after a last chunk that failed it is ready, and the client waits with MAIL for RSET (RFC
   * 3030 §2).
   */
  server: State;
  /** Whether the last hello was EHLO: extensions are offered after it alone. */
  extended: boolean;
  authenticated: boolean;
  tls: boolean;
}

interface Real {
  /** The sessions, or those that have taken their place. */
  readonly client: SmtpClientSession;
  readonly server: SmtpServerSession;
  readonly pair: SessionPair<SmtpClientEvent, SmtpServerEvent>;
  content: string;
  /** Of the client's exchange under way. */
  mechanism: SaslClient | null;
}

/** A mechanism of one message. */
function saying(word: string): SaslClient {
  return {
    name: "ECHO",
    start: () => ({ type: "response", bytes: octets(word) }),
    next: () => ({ type: "failure", text: "no challenge was expected" }),
    finish: () => ({ type: "success", serverProved: false }),
    abort: () => {},
  };
}

const BUSY: ReadonlySet<Verb> = new Set(["EHLO", "HELO", "AUTH", "STARTTLS", "ATRN"]);
/** The verbs of commands that are offered after EHLO only if the server wants them to be. */
const OFFERED: { readonly [Name in Verb]?: "chunking" | "burl" | "atrn" } = {
  BDAT: "chunking",
  BURL: "burl",
  ATRN: "atrn",
};
const URLS = { yes: "imap://yes.example.com/x", no: "imap://no.example.com/x" } as const;

/** Gives the chunks of a message. */
function giveChunks({ client }: Real, { parts, last, eager, accepted, refusedPart }: Given): void {
  const refused = accepted ? -1 : Math.min(refusedPart, parts.length);
  // Without a URL in front, only bdat() begins chunks.
  if (eager || parts[0] !== "url") client.bdat({ eager });
  for (const [index, source] of parts.entries()) {
    if (source === "url") client.burl(index === refused ? URLS.no : URLS.yes, { last: false });
    else client.write(octets(index === refused ? "spam\n" : "ham\n")).flush();
  }
  const lastRefused = refused === parts.length;
  if (last === "url") client.burl(lastRefused ? URLS.no : URLS.yes);
  else if (lastRefused) client.end(octets("spam"));
  else if (last === "empty") client.end();
  else client.end(octets("ham"));
}

function give(real: Real, given: Given): void {
  const { client } = real;
  const { verb, accepted } = given;
  const who = accepted ? "yes" : "no";
  switch (verb) {
    case "EHLO":
      return void client.ehlo("client.example.com");
    case "HELO":
      return void client.helo("client.example.com");
    case "MAIL":
      return void client.mail(`${who}@example.com`, { content: "7bit" });
    case "RCPT":
      return void client.rcpt(`${who}@example.org`);
    case "VRFY":
      return void client.vrfy(who);
    case "AUTH":
      real.mechanism = saying(who);
      return void client.auth(real.mechanism);
    case "BDAT":
      return void giveChunks(real, given);
    case "BURL":
      return void client.burl(URLS[who]);
    case "ATRN":
      return void client.atrn([`${who}.example`]);
    default:
      return void client[verb.toLowerCase() as "data" | "rset" | "noop" | "starttls" | "quit"]();
  }
}

/** Commands given at once, in as many groups as the protocol makes of them. */
class Batch implements fc.Command<Model, Real> {
  readonly #batch: readonly Given[];

  constructor(batch: readonly Given[]) {
    this.#batch = batch;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    const events = real.pair.clientEvents.length;
    let expected = model.state;
    const given: Given[] = [];
    for (const each of this.#batch) {
      const command = model.policy.server.burl ? each : withoutUrls(each);
      const { verb } = command;
      const next = cell(verb, expected);
      const extension = OFFERED[verb];
      const offered =
        (extension === undefined || (model.extended && model.policy.server[extension])) &&
        (verb !== "AUTH" || (model.extended && !model.authenticated)) &&
        (verb !== "STARTTLS" || (model.extended && !model.tls));
      // Behind HELO a client may ask for TLS and be refused: that is not about order.
      if (verb === "STARTTLS" && !model.extended) continue;
      if (typeof next === "number" || !offered) {
        const before = real.client.snapshot();
        expect(() => give(real, command)).toThrow(StateError);
        expect(real.client.snapshot()).toEqual(before);
        continue;
      }
      real.content = command.accepted ? "ham" : "spam";
      give(real, command);
      given.push(command);
      if (BUSY.has(verb) || verb === "DATA" || verb === "QUIT") break;
      // Whether the last chunk is taken is not known before its reply.
      expected = verb === "BDAT" || verb === "BURL" ? "failed" : next;
    }
    real.pair.run();
    const fates = given.flatMap((command, index) => this.#happen(model, command, given[index - 1]));
    if (model.state !== "closed") expect(real.server.state).toBe(model.server);
    expect([real.client.state, real.client.tls]).toEqual([model.state, model.tls]);
    const found = real.pair.clientEvents.slice(events);
    expect(found.filter(({ type }) => type === "violation")).toEqual([]);
    // One event a command, of its kind and in its order.
    const types = found.flatMap(({ type }) => (BESIDES.has(type) ? [] : [type.toUpperCase()]));
    expect(types).toEqual(given.flatMap(({ verb }) => (verb === "BDAT" || verb === "BURL" ? [] : [verb])));
    expect(found.flatMap((event) => (event.type === "message" ? [event.outcome] : []))).toEqual(fates);
  }

  toString(): string {
    return this.#batch
      .map(({ verb, accepted, eager, parts, last, refusedPart }) => {
        const chunks = verb === "BDAT" ? ` ${[...parts, last].join("+")}${eager ? " eager" : ""}` : "";
        return `${verb}${chunks}${accepted ? "" : ` (refused at ${refusedPart})`}`;
      })
      .join(", ");
  }

  /** What the server does with a command that has reached it, and what becomes of a message. */
  #happen(model: Model, command: Given, before: Given | undefined): MessageEvent["outcome"][] {
    const { verb, accepted } = command;
    if (verb === "BDAT" || verb === "BURL") return [this.#happenChunks(model, command, before)];
    const [next, server] = [cell(verb, model.state), cell(verb, model.server)];
    if (typeof next === "number" || typeof server === "number") return [];
    if ((verb === "MAIL" || verb === "RCPT") && !accepted) return [];
    if (verb === "ATRN" && !(accepted && model.authenticated)) return [];
    if (verb === "AUTH") model.authenticated ||= accepted;
    if (verb === "EHLO" || verb === "HELO") model.extended = verb === "EHLO";
    if (verb === "STARTTLS") Object.assign(model, { tls: true, extended: false, authenticated: false });
    model.state = next;
    model.server = server;
    return verb === "DATA" ? [accepted ? "accepted" : "permanent"] : [];
  }

  #happenChunks(model: Model, command: Given, before: Given | undefined): MessageEvent["outcome"] {
    const { verb, accepted, eager, parts, refusedPart } = command;
    const [first = "url"] = verb === "BURL" ? [] : [...parts, command.last];
    const alone = verb === "BURL" || parts.length === 0;
    if (model.state === "rcpt") {
      const whole = accepted || alone || refusedPart >= parts.length;
      model.server = whole ? "ready" : "failed";
      model.state = accepted ? "ready" : "failed";
      return accepted ? "accepted" : "permanent";
    }
    // No recipient was accepted. Nothing is sent but what does not wait for that (RFC 3030 §2, RFC 4468 §3.2).
    const grouped = model.policy.server.pipelining && model.policy.client.pipelining && before?.verb === "RCPT";
    if (!grouped || (first !== "url" && !(verb === "BDAT" && eager))) return "not-accepted";
    if (model.server === "mail") model.server = alone ? "ready" : "failed";
    model.state = "failed";
    return "not-accepted";
  }
}

/** Events that are not the one of a command other than a chunk. */
const BESIDES: ReadonlySet<string> = new Set(["message", "closed", "bdat", "burl"]);

/** The same command for a server that fetches nothing. */
function withoutUrls(given: Given): Given {
  const { parts, last } = given;
  return { ...given, parts: parts.map(() => "written"), last: last === "url" ? "written" : last };
}

const verbs = fc.constantFrom<Verb[]>(
  ...(["EHLO", "EHLO", "HELO", "MAIL", "MAIL", "MAIL", "RCPT", "RCPT", "RCPT", "RCPT", "DATA", "DATA"] as const),
  ...(["BDAT", "BDAT", "BDAT", "BURL", "RSET", "NOOP", "VRFY", "AUTH", "STARTTLS", "ATRN", "QUIT"] as const),
);
const sources = fc.constantFrom<Source[]>("written", "written", "url");
const given: fc.Arbitrary<Given> = fc.record({
  verb: verbs,
  accepted: fc.integer({ min: 0, max: 3 }).map((chance) => chance > 0),
  eager: fc.boolean(),
  parts: fc.array(sources, { maxLength: 3 }),
  last: fc.oneof(sources, fc.constant("empty" as const)),
  refusedPart: fc.nat({ max: 3 }),
});
/** Commands of these verbs. */
const these = (...verbs: readonly Verb[]) => fc.tuple(...verbs.map((verb) => given.map((one) => ({ ...one, verb }))));
// The usual ways to content and back: by chance alone, sessions hardly come so far.
const transactions = fc
  .tuple(
    these("MAIL", "RCPT"),
    fc.oneof(these(), these("RCPT"), these("NOOP")),
    fc.oneof(these("BDAT"), these("BDAT"), these("BURL"), these("DATA")),
    fc.oneof(these(), these("RSET"), these("RSET", "MAIL", "RCPT", "BDAT"), these("NOOP"), these("EHLO")),
  )
  .map((all) => all.flat());
const batches = fc
  .oneof(
    { weight: 4, arbitrary: fc.array(given, { minLength: 1, maxLength: 6 }) },
    { weight: 6, arbitrary: transactions },
    fc.oneof(these("EHLO"), these("RSET"), these("AUTH"), these("ATRN")),
  )
  .map((batch) => new Batch(batch));
const mostly = fc.nat({ max: 3 }).map((chance) => chance > 0);
const rarely = mostly.map((chance) => !chance);
// BURL is for submission alone, which has no ATRN.
const besides = fc.constantFrom({ burl: true, atrn: false }, { burl: false, atrn: true }, { burl: false, atrn: false });
const policies: fc.Arbitrary<Policy> = fc.record({
  server: fc
    .record({ pipelining: fc.boolean(), size: fc.boolean(), enhancedStatusCodes: fc.boolean(), chunking: mostly })
    .chain((offer) => besides.map((more) => ({ ...offer, ...more }))),
  client: fc.record({ pipelining: fc.boolean() }),
});

function connect(policy: Policy, cut: (bytes: Uint8Array) => readonly Uint8Array[], restored: boolean) {
  const { burl, ...offer } = policy.server;
  const options: SmtpServerOptions = {
    host: "mx.example.com",
    ...(burl ? ({ protocol: "submission", requireAuth: false, burl: ["imap"] } as const) : {}),
    starttls: true,
    mechanisms: ["ECHO"],
    maxErrors: Number.POSITIVE_INFINITY,
    ...offer,
  };
  const mechanism = fake("ECHO");
  const atClient = new Restoring<SmtpClientEvent, SmtpClientSession>(new SmtpClientSession(policy.client), (session) =>
    restored ? SmtpClientSession.restore(structuredClone(session.snapshot()), policy.client, real.mechanism) : session,
  );
  const atServer = new Restoring<SmtpServerEvent, SmtpServerSession>(new SmtpServerSession(options), (session) =>
    restored ? SmtpServerSession.restore(structuredClone(session.snapshot()), options, mechanism) : session,
  );
  let content = "";
  const decide = (accepted: boolean) => (accepted ? atServer.session.accept() : atServer.session.reject());
  const pair = new SessionPair<SmtpClientEvent, SmtpServerEvent>(
    {
      session: atClient,
      answer: (event) => {
        if (event.type === "data" && event.ok) atClient.session.content(octets(real.content));
      },
    },
    {
      session: atServer,
      answer: (event) => {
        if (event.type === "mail") {
          content = "";
          decide(event.from.address.startsWith("yes"));
        } else if (event.type === "rcpt") decide(event.to.address.startsWith("yes"));
        else if (event.type === "content") content += text(event.bytes);
        else if (event.type === "chunk") {
          decide(!content.startsWith("spam"));
          content = "";
        } else if (event.type === "burl") decide(event.url === URLS.yes);
        else if (event.type === "atrn") decide(event.domains![0] === "yes.example");
        else if (event.type === "message") decide(!content.startsWith("spam"));
        else if (event.type === "auth") atServer.session.authenticate(mechanism);
      },
    },
    cut,
  );
  const real: Real = {
    get client() {
      return atClient.session;
    },
    get server() {
      return atServer.session;
    },
    pair,
    content: "",
    mechanism: null,
  };
  pair.run();
  const said = { extended: false, authenticated: false, tls: false };
  const model: Model = { policy, state: "greeted", server: "greeted", ...said };
  return { model, real };
}

/** What is accepted, if it is a message in chunks of both kinds. */
const WHOLE = { accepted: true, eager: false, parts: ["written", "url"], last: "empty", refusedPart: 0 } as const;

describe("client and server, connected", () => {
  it("[SMTP-2.3.6-1] agree on their state after any commands, and keep the order that the RFCs have", () => {
    const cuts = fc.func(fc.array(fc.nat({ max: 40 }), { maxLength: 4 }));
    fc.assert(
      fc.property(
        policies,
        fc.record({ hello: mostly, restored: rarely }),
        cuts,
        fc.commands([batches], { maxCommands: 12 }),
        (policy, { hello, restored }, places, commands) => {
          const cut = (bytes: Uint8Array) => {
            const at = [...new Set(places(bytes.length).filter((place) => place < bytes.length))].sort((a, b) => a - b);
            return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
          };
          fc.modelRun(() => {
            const start = connect(policy, cut, restored);
            if (hello) new Batch([{ ...WHOLE, verb: "EHLO" }]).run(start.model, start.real);
            return start;
          }, commands);
        },
      ),
      { numRuns: runs(2) },
    );
  });

  it.each([
    ["cut in any way", false],
    ["with sessions restored after every event", true],
  ])("a whole session, %s", (_, restored) => {
    const session: Verb[] = [
      ...(["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "BDAT"] as const),
      ...(["MAIL", "RCPT", "BURL", "QUIT"] as const),
    ];
    const all = { pipelining: true, size: true, enhancedStatusCodes: true, chunking: true, burl: true, atrn: false };
    const { model, real } = connect(
      { server: all, client: { pipelining: true } },
      (bytes) => fc.sample(chunkings(bytes), { numRuns: 1, seed: 7 })[0]!,
      restored,
    );
    for (const verb of session) new Batch([{ ...WHOLE, verb }]).run(model, real);
    expect(model).toMatchObject({ state: "closed", authenticated: true, tls: true });
    expect(real.pair.clientEvents.at(-2)).toMatchObject({ type: "quit", ok: true });
    expect(real.pair.serverEvents.filter(({ type }) => type === "message")).toHaveLength(3);
  });
});
