import type { SessionSnapshot } from "dot-stuffing/session";
import fc from "fast-check";
import {
  type Pop3ClientEvent,
  type Pop3ClientOptions,
  Pop3ClientSession,
  Pop3Retrieval,
  type RetrievalEvent,
  type RetrievalOptions,
  type RetrievalReport,
} from "pop3-codec";
import { hostileResponses } from "pop3-codec/arbitraries";
import { plainClient, type SaslClient } from "sasl";
import { octets } from "tools/testing";
import { holds, same, shown } from "../../finding.ts";
import { Choices } from "../../input/choices.ts";
import type { Input, Op } from "../../input/input.ts";
import type { Target } from "../../target.ts";
import { choices } from "../decoder.ts";
import { checkOrder } from "../order.ts";
import {
  type Call,
  checkSession,
  clientPlay,
  ofClients,
  type Play,
  type SessionEvent,
  type SessionSetting,
} from "../session.ts";
import { serverLines } from "./lines.ts";

type Client = Pop3ClientSession<SaslClient>;

const numbers = ["1", "2", "9", "0", "-1"];
const names = ["tim", "", "a b", "a\r\nQUIT", "\u010d\u010a", "\u00fc"];

/**
 * The methods of a client by the type of their event. `login` is left to its own engine: what it sends is not known
 * before.
 */
const calls: Readonly<Record<string, Call<Client>>> = {
  user: { does: (s, name) => s.user(name), texts: names },
  pass: { does: (s, password) => s.pass(password), texts: names },
  apop: { does: (s, name) => s.apop(name, "c4c9334bac560ecc979e58001b3e22fb"), texts: names },
  auth: {
    does: (s, _, keep) => {
      const mechanism = plainClient({ authenticationIdentity: "tim", password: "tanstaaf" });
      s.auth(mechanism, { force: true });
      keep(mechanism);
    },
    texts: [""],
  },
  capa: { does: (s) => s.capa(), texts: [""] },
  stls: { does: (s) => s.stls(), texts: [""] },
  utf8: { does: (s) => s.utf8(), texts: [""] },
  lang: { does: (s, language) => s.lang(language || null), texts: ["", "de", "*", "a b"] },
  stat: { does: (s) => s.stat(), texts: [""] },
  list: { does: (s, n) => s.list(n === "" ? null : Number(n)), texts: ["", ...numbers] },
  uidl: { does: (s, n) => s.uidl(n === "" ? null : Number(n)), texts: ["", ...numbers] },
  retr: { does: (s, n) => s.retr(Number(n), n === "2" ? 7 : null), texts: numbers },
  top: { does: (s, n) => s.top(Number(n), 1), texts: numbers },
  dele: { does: (s, n) => s.dele(Number(n)), texts: numbers },
  noop: { does: (s) => s.noop(), texts: [""] },
  rset: { does: (s) => s.rset(), texts: [""] },
  quit: { does: (s) => s.quit(), texts: [""] },
};

function optionsOf(choices: Choices): Pop3ClientOptions {
  return {
    plaintextWithoutTls: true,
    pipelining: choices.pick(true, false),
    eagerPass: choices.pick(false, true),
    maxResponseLength: choices.pick(512, 600),
    lineEndings: choices.pick("preserve", "normalize"),
    highWaterMark: choices.pick(65_536, 0),
    maxCapabilityLines: choices.pick(256, 3),
    leniencies: { spacesInListings: choices.pick(true, false), bareLineFeed: choices.rarely(8) },
  };
}

function application(options: Pop3ClientOptions, given: string[]): Play {
  const restored = (snapshot: SessionSnapshot, mechanism: SaslClient | null) =>
    Pop3ClientSession.restore(snapshot, options, mechanism);
  return clientPlay<Client>(new Pop3ClientSession<SaslClient>(options), restored, calls, given);
}

function setting(input: Input): SessionSetting {
  const options = optionsOf(new Choices(input.choices));
  let given: string[] = [];
  return {
    start() {
      given = [];
      return application(options, given);
    },
    keeps: 400_000,
    check(played) {
      holds(/^(?:[^\r\n\0]*\r\n)*$/.test(played.output), "every CR and LF that is sent is of a CRLF");
      const events = played.events as readonly Pop3ClientEvent[];
      checkOrder(given, events, played.waiting);
      checkMessages(events, played.given.join(""), options);
    },
  };
}

/** A message has as many octets as its pieces. */
function checkMessages(events: readonly Pop3ClientEvent[], input: string, options: Pop3ClientOptions): void {
  let pieces = 0;
  for (const event of events) {
    if (event.type === "content") pieces++;
    else if (event.type === "retr" || event.type === "top") {
      holds(pieces === 0 || event.response?.ok !== false, "a message that was refused has no content");
      pieces = 0;
    }
    if ((event.type === "retr" || event.type === "top") && event.ok && options.lineEndings === "preserve") {
      holds(event.size <= input.length, "no message is longer than what came");
    }
    if (event.type === "unique-id-listing") holds(/^[!-~]+$/.test(event.uniqueId), "a unique-id is visible");
  }
}

const callOp: fc.Arbitrary<Op> = fc
  .constantFrom(...Object.keys(calls))
  .chain((name) => fc.constantFrom(...calls[name]!.texts).map((text): Op => ({ kind: "call", name, text })));
const octetsOp: fc.Arbitrary<Op> = fc
  .constantFrom(...serverLines)
  .map((line) => ({ kind: "octets", bytes: octets(line) }));
const say = (text: string): Op => ({ kind: "octets", bytes: octets(text) });
const does = (name: string, text = ""): Op => ({ kind: "call", name, text });
const beginnings: readonly (readonly Op[])[] = [
  [],
  [say("+OK ready <1896.697170952@dbc.mtview.ca.us>\r\n")],
  [
    say("+OK\r\n"),
    does("capa"),
    say("+OK\r\nPIPELINING\r\nUIDL\r\nTOP\r\nSASL PLAIN\r\n.\r\n"),
    does("user", "tim"),
    does("pass", "tim"),
    say("+OK\r\n+OK\r\n"),
  ],
  [
    say("+OK\r\n"),
    does("user", "tim"),
    does("pass", "tim"),
    say("+OK\r\n+OK\r\n"),
    does("retr", "1"),
    does("noop"),
    say("+OK\r\n"),
  ],
];

/** A client that fetches one message, command by command, whatever is answered. */
function fetched(responses: readonly Uint8Array[]): Op[] {
  const asks = [does("user", "tim"), does("pass", "tim"), does("stat"), does("retr", "1"), does("quit")];
  return responses.flatMap((bytes, at): Op[] => [{ kind: "octets", bytes }, ...asks.slice(at, at + 1)]);
}

/** A client that is called in any order, by a server that says anything. */
export const pop3Client: Target = {
  name: "pop3-client",
  files: [
    "pop3-codec/src/client/",
    ...ofClients,
    "dot-stuffing/src/session/content-reader.ts",
    "dot-stuffing/src/session/step-reader.ts",
  ],
  lines: serverLines,
  calls: Object.fromEntries(Object.entries(calls).map(([name, { texts }]) => [name, texts])),
  inputs: fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .tuple(
          choices,
          fc.constantFrom(...beginnings),
          fc.array(fc.oneof(callOp, octetsOp, fc.constant<Op>({ kind: "tls" })), { maxLength: 16 }),
        )
        .map(([chosen, beginning, ops]) => ({ choices: chosen, ops: [...beginning, ...ops] })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(choices, hostileResponses())
        .map(([chosen, { responses }]) => ({ choices: chosen, ops: fetched(responses) })),
    },
  ),
  run: (input) => checkSession(setting(input), input),
};

/** A retrieval on top of a client in which a maildrop is open. */
function retrieval(input: Input): SessionSetting {
  const chosen = new Choices(input.choices);
  const options: Pop3ClientOptions = { tls: true, pipelining: chosen.pick(true, false) };
  const known = new Set(chosen.pick<readonly string[]>([], ["uid-1"], ["a"]));
  const retrievalOptions: RetrievalOptions = {
    known,
    afterFetching: chosen.pick("leave", "remove"),
    ahead: chosen.pick(8, 1, 2),
    limit: chosen.pick(100, 1),
    withoutUniqueIds: chosen.pick(false, true),
  };
  let ended: Pop3Retrieval | null = null;
  /**
   * What became of messages, by their numbers, in the play that is looked at: a server may list a number more than
   * once.
   */
  let said = new Map<number, ("remove" | "leave" | "notStored")[]>();
  return {
    start() {
      const own = new Map<number, ("remove" | "leave" | "notStored")[]>();
      said = own;
      let session = new Pop3ClientSession(options);
      session.receive(octets("+OK\r\n"));
      drain(session);
      session.capa();
      drain(session);
      session.receive(octets("+OK\r\nPIPELINING\r\nUIDL\r\n.\r\n"));
      drain(session);
      session.user("tim").pass("tanstaaf");
      drain(session);
      session.receive(octets("+OK\r\n"));
      drain(session);
      session.receive(octets("+OK\r\n"));
      drain(session);
      let front = new Pop3Retrieval(session, retrievalOptions);
      const answers = new Choices(input.choices, 6);
      ended = front;
      const play: Play = {
        session: session as unknown as Play["session"],
        next: () => front.nextEvent() as SessionEvent | null,
        takesAtOnce: true,
        compared: withoutDeletions,
        answer(event) {
          if (event.answer !== "default") return;
          const { type, message } = event as RetrievalEvent & { readonly answer: "default" };
          const others = type === "known" ? (["leave"] as const) : (["leave", "notStored"] as const);
          const does = answers.rarely() ? answers.pick<"remove" | "leave" | "notStored">("remove", ...others) : null;
          if (does !== null) front[does]();
          const usual = type === "known" ? "leave" : retrievalOptions.afterFetching!;
          own.set(message.number, [...(own.get(message.number) ?? []), does ?? usual]);
        },
        restore() {
          const [below, above] = structuredClone([session.snapshot(), front.snapshot()] as const);
          session = Pop3ClientSession.restore(below, options);
          front = new Pop3Retrieval(session, retrievalOptions, above);
          play.session = session as unknown as Play["session"];
          ended = front;
        },
      };
      return play;
    },
    keeps: 400_000,
    // The last commands may be given, and the connection end, in one breath.
    compared: ({ output, events }) => (events.some(isCutOff) ? output.replace(LAST_COMMANDS, "") : output),
    check(played) {
      const events = played.events as readonly RetrievalEvent[];
      const done = events.filter((event) => event.type === "done");
      same(done.length, 1, "one end");
      const { report } = done[0]!;
      const come = events.flatMap((event) => (event.type === "fetched" ? [event.message.number] : []));
      const fetched = come.filter((number) => said.get(number)?.at(-1) !== "notStored");
      same(
        report.fetched.map(({ number }) => number),
        fetched,
        "what counts as fetched was, and was stored",
      );
      for (const { number, uniqueId } of report.fetched) {
        holds(uniqueId === null || !known.has(uniqueId), "what is known is not fetched");
        holds(!report.missing.some((other) => other.number === number), "a message is in one list alone");
      }
      // DELE of what was not fetched, and is not known, would lose it.
      for (const [, n] of played.output.matchAll(/^DELE (\d+)\r$/gm)) {
        const wanted = said.get(Number(n));
        holds(wanted !== undefined, () => `DELE ${n} of a message that was not fetched: ${shown(report)}`);
        holds(wanted?.includes("remove"), () => `DELE ${n} of a message that was to be left: ${shown(report)}`);
      }
      if (report.complete) holds(ended !== null && /QUIT\r\n$/.test(played.output), "complete is what ended by QUIT");
    },
  };
}

const LAST_COMMANDS = /(?:(?:DELE|RETR) \d+\r\n|QUIT\r\n)*$/;
const UNSURE = "none or unknown";

/** QUIT may be given, and the connection end, without an event between: then nobody could take it. */
function withoutDeletions(event: SessionEvent): SessionEvent {
  const { type, answer, report } = event as SessionEvent & { readonly report?: RetrievalReport };
  if (report === undefined || !["none", "unknown"].includes(report.deletions)) return event;
  return { type, answer, report: { ...report, deletions: UNSURE } } as SessionEvent;
}

function isCutOff(event: SessionEvent): boolean {
  const { report } = event as SessionEvent & { readonly report?: { readonly deletions: string } };
  return report?.deletions === UNSURE;
}

function drain(session: Pop3ClientSession): void {
  for (const _ of session);
  session.takeOutputPieces();
}

const usual = [
  "+OK\r\n1 uid-1\r\n2 uid-2\r\n.\r\n",
  "+OK 2 10\r\n",
  "+OK\r\n1 5\r\n2 5\r\n.\r\n",
  "+OK\r\nabc\r\n.\r\n",
  "+OK\r\n..c\r\n.\r\n",
  "+OK\r\n",
  "+OK\r\n",
  "+OK bye\r\n",
];

export const pop3Retrieval: Target = {
  name: "pop3-retrieval",
  files: ["pop3-codec/src/retrieval/"],
  lines: [...serverLines, ...usual],
  inputs: fc
    .tuple(
      choices,
      fc.nat({ max: usual.length }),
      fc.array(octetsOp, { maxLength: 6 }),
      fc.array(fc.constantFrom(...usual), { maxLength: 5 }),
    )
    .map(
      ([chosen, count, ops, more]): Input => ({
        choices: chosen,
        ops: [...usual.slice(0, count).map(say), ...ops, ...more.map(say)],
      }),
    ),
  run: (input) => checkSession(retrieval(input), input),
};
