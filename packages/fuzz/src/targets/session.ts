import type { SessionSnapshot } from "dot-stuffing/session";
import type { SaslClient } from "sasl";
import { byteByByte, cutAt, type DrivenSession, linesOf } from "tools/testing";
import { holds, latin1, same, shown, weight } from "../finding.ts";
import type { Input, Op } from "../input/input.ts";
import { Random, seedOf } from "../input/random.ts";
import { linear, uncounted } from "./work.ts";

/** A session as the contract sees it. */
export interface FuzzedSession extends DrivenSession<SessionEvent> {
  nextEvent(): SessionEvent | null;
  snapshot(): unknown;
  tlsEstablished(): void;
}

export interface SessionEvent {
  readonly type: string;
  readonly answer: string;
}

/** One session with the application in front of it, fresh for each way in which an input is played. */
export interface Play {
  session: FuzzedSession;
  /** Puts a session in the place of the one there is, made of a clone of its snapshot. */
  restore(): void;
  /** Answers an event, as the choices say. */
  answer(event: SessionEvent): void;
  /**
   * Whether output is taken after each event: what was not taken when a connection ends was not sent, and that is told.
   */
  readonly takesAtOnce?: boolean;
  /** An event as it is compared: without what hangs on output that nobody could take in between. */
  compared?(event: SessionEvent): SessionEvent;
  /** Whether an event is left out of the comparison: how much it says depends on how its octets are cut. */
  hides?(event: SessionEvent): boolean;
  /** Does what an operation says. What it throws must have changed nothing. */
  call?(name: string, text: string): void;
  /** Asked while the session waits for the application: whether it did something. */
  act?(): boolean;
  /** Where events are pulled from, if not from the session. */
  next?(): SessionEvent | null;
}

/** A method of a client that operations call, and what its command's event is. */
export interface Call<Client> {
  /** @param keep to be told of the mechanism of an exchange that begins */
  readonly does: (client: Client, text: string, keep: (mechanism: SaslClient) => void) => unknown;
  /** The type of the event that its command has; null: none, or the content's. Default: the call's name. */
  readonly event?: string | null;
  readonly texts: readonly string[];
}

/** A client's session as its application sees it. */
interface FuzzedClient {
  snapshot(): SessionSnapshot;
  proceed(step: { readonly type: "failure"; readonly text: string }): unknown;
}

/**
 * A client with an application that does what operations say.
 *
 * @param first the session
 * @param restored a session made of a snapshot, and of the mechanism of its exchange
 * @param given what is to be told of commands that were given: the types of their events
 */
export function clientPlay<Client extends FuzzedClient>(
  first: Client,
  restored: (snapshot: SessionSnapshot, mechanism: SaslClient | null) => Client,
  calls: Readonly<Record<string, Call<Client>>>,
  given: string[],
): Play {
  let mechanism: SaslClient | null = null;
  let client = first;
  const play: Play = {
    session: client as unknown as FuzzedSession,
    takesAtOnce: true,
    restore() {
      client = restored(structuredClone(client.snapshot()), mechanism);
      play.session = client as unknown as FuzzedSession;
    },
    answer(event) {
      if (event.type === "sasl") client.proceed({ type: "failure", text: "no" });
    },
    call(name, text) {
      const call = calls[name];
      if (call === undefined) return;
      call.does(client, text, (made) => {
        mechanism = made;
      });
      if (call.event !== null) given.push(call.event ?? name);
    },
  };
  return play;
}

/** A kind of session with its options and its application. */
export interface SessionSetting {
  start(): Play;
  /** The output as it is compared: without what one way of cutting gives nobody the time to take. */
  compared?(played: Played): string;
  /** What must hold of what came of the input when it came whole. */
  check?(played: Played, input: Input): void;
  /** The most that the session keeps when it waits for octets, in octets. */
  readonly keeps: number;
}

/** What a session made of an input. */
export interface Played {
  /** Content that follows on content is joined. */
  readonly events: readonly SessionEvent[];
  /** The events as text, octets at their place. */
  readonly shown: readonly string[];
  readonly output: string;
  readonly waiting: string;
  /** The octets that were given to the session, and the handshakes between; those after its end are left out. */
  readonly given: readonly (string | "tls")[];
}

/** How an input is cut, and when a session is restored. */
interface Way {
  readonly name: string;
  cut(bytes: Uint8Array): Uint8Array[];
  /** @param place where the session has just said something, or there was little to say */
  restores(place: "event" | "chunk"): boolean;
  /** Whether views and snapshots are looked at. */
  readonly watched: boolean;
}

const parts = (names: readonly string[]) => names.map((name) => `dot-stuffing/src/session/${name}.ts`);
const OF_ALL = ["base64", "input", "mechanism", "output", "session", "snapshot"];

/** The files of sessions in general that a client, or a server, runs from. */
export const ofClients: readonly string[] = parts([...OF_ALL, "client-session", "client-exchange"]);
export const ofServers: readonly string[] = parts([...OF_ALL, "server-session", "server-exchange"]);

/** More would be refused while a session waits for something else than octets. */
const MOST_OCTETS = 200_000;

/** Plays an input in several ways that must not matter, and compares what comes of them. */
export function checkSession(setting: SessionSetting, input: Input): void {
  const ops = bounded(input.ops);
  const random = new Random(seedOf(ops.map(textOf).join(""), input.choices.length));
  const units = ops.reduce((sum, op) => sum + textOf(op).length + 1, 0);
  const ways: Way[] = [
    { name: "whole", cut: (bytes) => [bytes], restores: () => false, watched: true },
    {
      name: "cut at random",
      cut: (bytes) =>
        cutAt(
          bytes,
          Array.from({ length: random.below(6) }, () => random.below(bytes.length + 1)),
        ),
      restores: (place) => random.once(place === "event" ? 8 : 100),
      watched: false,
    },
    {
      name: "octet by octet, restored",
      cut: (bytes) =>
        bytes.length > 400
          ? cutAt(
              bytes,
              [...bytes.keys()].filter((at) => at % 61 < 2),
            )
          : byteByByte(bytes),
      restores: (place) => random.once(place === "event" ? 3 : 100),
      watched: false,
    },
  ];
  let whole: Played | null = null;
  for (const way of ways) {
    const played = linear(units, way.watched ? 400 : 4000, () => play(setting, ops, way));
    whole ??= played;
    same(played.shown, whole.shown, `events, ${way.name}`);
    const [now, before] = [played, whole].map((one) => setting.compared?.(one) ?? one.output);
    same(now, before, `output, ${way.name}`);
    same(played.waiting, whole.waiting, `waiting, ${way.name}`);
  }
  setting.check?.(whole!, { ...input, ops });
}

function play(setting: SessionSetting, ops: readonly Op[], way: Way): Played {
  const application = setting.start();
  const record = new Recording();
  const views: { readonly event: SessionEvent; readonly before: string }[] = [];
  const given: string[] = [];
  let output = "";

  const restore = (place: "event" | "chunk") => {
    if (way.restores(place)) uncounted(() => application.restore());
  };
  const take = () => {
    for (const piece of application.session.takeOutputPieces()) output += latin1(piece);
  };
  const pull = () => {
    do {
      for (;;) {
        restore("chunk");
        const event = application.next === undefined ? application.session.nextEvent() : application.next();
        if (event === null) break;
        if (application.hides?.(event) !== true) record.add(application.compared?.(event) ?? event);
        if (way.watched) views.push({ event, before: shown(event) });
        restore("event");
        application.answer(event);
        restore("event");
        if (application.takesAtOnce === true) take();
      }
      restore("chunk");
      take();
    } while (application.session.waiting === "output");
  };
  const settle = () => {
    pull();
    for (let turns = 0; application.act?.() === true; turns++) {
      holds(turns < 10_000, "the application acts for ever");
      pull();
    }
  };

  settle();
  for (const group of grouped(ops)) {
    if (group.kind === "tls") {
      if (application.session.waiting !== "tls") continue;
      application.session.tlsEstablished();
      given.push("tls");
    } else if (group.kind === "call") call(application, group.name, group.text, way.watched);
    else if (application.session.waiting !== "closed") {
      const text = latin1(group.bytes);
      const last = given.at(-1);
      if (last === undefined || last === "tls") given.push(text);
      else given[given.length - 1] = last + text;
      const chunks = way.cut(group.bytes);
      // What was taken when a line came decides what it can answer: that must not hang on the cuts.
      for (const chunk of application.takesAtOnce === true ? chunks.flatMap(linesOf) : chunks) {
        const buffer = chunk.slice();
        const before = latin1(buffer);
        application.session.receive(buffer);
        settle();
        holds(latin1(buffer) === before, "a chunk is written to");
        // Whole chunks stay, and so do the views of them; else the session has let go of its chunk.
        if (!way.watched) buffer.fill(0xaa);
      }
      if (application.session.waiting === "bytes") checkKept(application.session, setting.keeps);
    }
    settle();
  }
  application.session.receiveEnd();
  settle();
  for (const { event, before } of views) same(shown(event), before, "an event stays as it was");
  return { events: record.events, shown: record.shown(), output, waiting: application.session.waiting, given };
}

/** The application's own mistakes are its own: they throw, and change nothing. */
function call(application: Play, name: string, text: string, watched: boolean): void {
  const seen = () => uncounted(() => shown(application.session.snapshot()));
  const before = watched ? seen() : "";
  try {
    application.call?.(name, text);
  } catch (error) {
    // A TypeError would be about an argument of the wrong type, which no operation hands in.
    const own =
      error instanceof Error &&
      ["StateError", "RangeError"].includes(error.name) &&
      /expected|cannot|possible/.test(error.message);
    if (!own) throw error;
    if (watched) same(seen(), before, `a throw has changed nothing (${String(error)})`);
  }
}

function checkKept(session: FuzzedSession, most: number): void {
  const kept = uncounted(() => weight(session.snapshot()));
  holds(kept <= most, () => `keeps ${kept} octets while it waits for more, above ${most}`);
}

/** Events with what follows on one another joined. */
class Recording {
  readonly events: SessionEvent[] = [];
  readonly #texts: string[] = [];
  #octets: { of: string; text: string } | null = null;

  add(event: SessionEvent): void {
    if (event.type === "content" && "bytes" in event) {
      const { bytes, ...rest } = event as SessionEvent & { readonly bytes: Uint8Array };
      const of = shown(rest);
      if (this.#octets?.of === of) this.#octets.text += latin1(bytes);
      else {
        this.#close();
        this.#octets = { of, text: latin1(bytes) };
        this.events.push(event);
      }
    } else {
      this.#close();
      this.events.push(event);
      this.#texts.push(shown(event));
    }
  }

  shown(): string[] {
    this.#close();
    return this.#texts;
  }

  #close(): void {
    if (this.#octets !== null) this.#texts.push(`${this.#octets.of}<${this.#octets.text}>`);
    this.#octets = null;
  }
}

/** Octets that follow one another are one: what cuts them is the way. */
function grouped(ops: readonly Op[]): Op[] {
  const groups: Op[] = [];
  let pieces: Uint8Array[] = [];
  const close = () => {
    if (pieces.length > 0) groups.push({ kind: "octets", bytes: Buffer.concat(pieces) });
    pieces = [];
  };
  for (const op of ops) {
    if (op.kind === "octets") pieces.push(op.bytes);
    else {
      close();
      groups.push(op);
    }
  }
  close();
  return groups.map((op) => (op.kind === "octets" ? { kind: "octets", bytes: new Uint8Array(op.bytes) } : op));
}

function bounded(ops: readonly Op[]): Op[] {
  let left = MOST_OCTETS;
  return ops.filter((op) => op.kind !== "octets" || (left -= op.bytes.length) >= 0);
}

function textOf(op: Op): string {
  return op.kind === "octets" ? latin1(op.bytes) : op.kind === "call" ? op.name + op.text : "";
}
