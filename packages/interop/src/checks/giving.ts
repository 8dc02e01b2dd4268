/**
 * What every POP3 server of others is checked with: messages fetched, logins, lost connections, and the rest of the
 * commands.
 */
import type { Pop3ClientSession } from "pop3-codec";
import { type Check, expectSame } from "../check.ts";
import { type Feature, type FeatureName, type Part, shows } from "../covered/feature.ts";
import { hasSecret } from "../mechanisms.ts";
import { type Retrieved, type Retrieving, retrieve } from "../ours/retrieve.ts";
import { UNKNOWN } from "../ours/unknown-mechanism.ts";
import type { Sample, World } from "../world.ts";
import { withoutAdded } from "./added.ts";
import { type Tls, tlsWords } from "./tls.ts";

export interface Pop3Server {
  readonly part: Part;
  /** The ports, by the way in which a connection comes to TLS there. The first is the one that most checks use. */
  readonly ports: Partial<Readonly<Record<Tls, number>>>;
  readonly user: string;
  /** What a login is tried with. Default USER alone. */
  readonly mechanisms?: readonly string[];
  /** Puts these messages, and no others, into the user's maildrop, which nobody has open. */
  fill(messages: readonly Uint8Array[]): Promise<void>;
  /** What it adds to every message: each is taken out again. Default: nothing. */
  readonly added?: readonly RegExp[];
  /**
   * Whether it announces another size for a message once that was read: what was to be removed, and was not, comes
   * again then.
   */
  readonly resizes?: boolean;
  /** What the server gives of a sample; null: it does not give it whole. Default: what is stored. */
  readonly given?: (sample: Sample) => Uint8Array | null;
}

export function pop3ServerChecks(world: World, server: Pop3Server): Check[] {
  return [fetching, logins, cuts, commands].flatMap((make) => make(world, server));
}

/**
 * For servers that do not stuff a dot with which a message begins, so that such a one ends there for every client, and
 * that give an empty one as one empty line.
 */
export function exceptFirstDot({ name, canonical }: Sample): Uint8Array | null {
  if (name === "dots") return null;
  return canonical.length > 0 ? canonical : Buffer.from("\r\n");
}

function waysOf({ ports }: Pop3Server): Tls[] {
  return Object.keys(ports) as Tls[];
}

function to(world: World, server: Pop3Server, tls: Tls = waysOf(server)[0]!): Retrieving {
  return { port: server.ports[tls]!, certificate: world.certificate, tls, user: server.user };
}

/** Retrieves what there is, without what the server adds to it. */
async function from({ added = [] }: Pop3Server, options: Retrieving): Promise<Retrieved> {
  const retrieved = await retrieve(options);
  const messages = retrieved.messages.map(({ uniqueId, octets }) => ({
    uniqueId,
    octets: withoutAdded(added, octets),
  }));
  return { ...retrieved, messages };
}

function fetching(world: World, server: Pop3Server): Check[] {
  const { given = ({ canonical }) => canonical } = server;
  const whole = world.samples.filter((sample) => given(sample) !== null);
  const small = whole.filter(({ octets }) => octets.length < 1_000_000);
  const has = (...names: readonly FeatureName[]) => names.filter((name) => !(server.part.lacks ?? []).includes(name));
  return [
    ...whole.map((sample) => ({
      title: `gives "${sample.name}"`,
      covers: shows(server.part, sample.feature),
      run: async () => {
        await server.fill([sample.canonical]);
        expectMessages(await from(server, to(world, server)), [given(sample)!]);
      },
    })),
    ...waysOf(server).map((tls) => ({
      title: `gives every sample but the largest, ${tlsWords[tls].POP3}, and none that is known`,
      covers: shows(server.part, "round trip", "UIDL", ...has("PIPELINING"), ...(tls === "none" ? [] : [tls])),
      run: async () => {
        await server.fill(small.map(({ canonical }) => canonical));
        const first = await from(server, to(world, server, tls));
        // In which order they are listed is the server's to choose.
        expectSameSet(
          first,
          small.map((sample) => given(sample)!),
        );
        const known = new Set(first.messages.slice(0, -1).map(({ uniqueId }) => uniqueId!));
        const again = await from(server, { ...to(world, server, tls), known });
        expectMessages(again, [first.messages.at(-1)!.octets]);
      },
    })),
  ];
}

function logins(world: World, server: Pop3Server): Check[] {
  const { mechanisms = [], part, user } = server;
  const message = world.sample("multipart").canonical;
  const covers = (name: string): Feature[] =>
    name === "USER" ? [] : [{ role: part.role, protocol: part.protocol, name }];
  const ways = waysOf(server);
  const logIn = (mechanism: string, isRight: boolean) => {
    const tls = mechanism === "APOP" && ways.includes("none") ? "none" : ways[0]!; // its timestamp is forgotten after STLS
    return from(server, { ...to(world, server, tls), user, mechanism, isRight });
  };
  return [
    ...mechanisms.map((mechanism) => ({
      title: `gives a message to who logs in with ${mechanism}`,
      covers: covers(mechanism),
      run: async () => {
        await server.fill([message]);
        expectMessages(await logIn(mechanism, true), [message]);
      },
    })),
    ...mechanisms.filter(hasSecret).map((mechanism) => ({
      title: `refuses a wrong password (${mechanism})`,
      covers: [...covers(mechanism), ...shows(part, "wrong password")],
      run: async () => expectNoLogin(await logIn(mechanism, false)),
    })),
    {
      title: "refuses a mechanism that it has not",
      covers: shows(part, "unknown mechanism"),
      run: async () => expectNoLogin(await logIn(UNKNOWN, true)),
    },
  ];
}

/** So many messages, of some thousand octets each: a connection is lost in the middle of one of them. */
const MESSAGES = 12;

function cuts(world: World, server: Pop3Server): Check[] {
  const messages = Array.from({ length: MESSAGES }, (_, at) =>
    Buffer.from(`Subject: ${at}\r\n\r\n${`${at} and so on, and so on\r\n`.repeat(300)}`),
  );
  const total = messages.reduce((sum, { length }) => sum + length, 0);
  const target = to(world, server, waysOf(server).at(-1)!);
  const often = (afterFetching: string) => (afterFetching === "remove" && server.resizes ? "once or twice" : "once");
  return [0.1, 0.5, 0.9].flatMap((part) =>
    (["leave", "remove"] as const).map((afterFetching) => ({
      title: `loses the connection behind ${part * 100} % of what there is (${afterFetching}): every message ${often(afterFetching)} in the end`,
      covers: shows(server.part, "cut"),
      run: async () => {
        await server.fill(messages);
        const cut = Math.round(total * part);
        const first = await from(server, { ...target, afterFetching, cut });
        if (first.report?.failure !== "connection-lost") throw new Error(`it was not cut: ${first.report?.failure}`);
        const second = await afterRelease(server, { ...target, afterFetching, resume: first.report! });
        if (second.report?.complete !== true) throw new Error(`it did not complete: ${second.report?.failure}`);
        // The second time it has more in its header section.
        const before = new Set(often(afterFetching) === "once" ? [] : first.messages.map(({ uniqueId }) => uniqueId));
        const stored = [...first.messages, ...second.messages.filter(({ uniqueId }) => !before.has(uniqueId))];
        expectSameSet({ ...second, messages: stored }, messages);
        if (first.messages.length === 0 && part > 0.2) throw new Error("nothing came before the cut");
        const left = (await from(server, target)).messages.length;
        const expected = afterFetching === "leave" ? messages.length : 0;
        if (left !== expected) throw new Error(`${left} messages are left instead of ${expected}`);
      },
    })),
  );
}

/** A server may hold the maildrop for a moment after the connection is lost: the login is tried again then. */
async function afterRelease(server: Pop3Server, options: Retrieving): Promise<Retrieved> {
  for (let attempt = 0; ; attempt++) {
    const retrieved = await from(server, options);
    if (retrieved.failure === null || attempt === 50) return retrieved;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function commands(world: World, server: Pop3Server): Check[] {
  const [first, second] = [world.sample("utf-8").canonical, world.sample("multipart").canonical];
  const check = (
    title: string,
    name: FeatureName,
    visit: (session: Pop3ClientSession) => void,
    judge: (events: Retrieved["events"]) => void,
    left = 2,
  ): Check => ({
    title,
    covers: shows(server.part, name),
    run: async () => {
      await server.fill([first, second]);
      const { events, failure } = await from(server, { ...to(world, server), visit });
      if (failure !== null) throw new Error(`no login: ${failure}`);
      judge(events);
      const { messages } = await afterRelease(server, to(world, server));
      if (messages.length !== left) throw new Error(`${messages.length} messages are left instead of ${left}`);
    },
  });
  const top = Buffer.from(second).toString("latin1").split("\r\n\r\n", 1)[0]!;
  return [
    check(
      "lists numbers and sizes",
      "LIST",
      (session) => void session.stat().list().list(2),
      (events) => {
        const sizes = events.flatMap((event) => (event.type === "scan-listing" ? [`${event.number}`] : []));
        if (sizes.join() !== "1,2,2") throw new Error(`it lists ${sizes.join()}`);
      },
    ),
    check(
      "lists unique-ids",
      "UIDL",
      (session) => void session.uidl().uidl(1),
      (events) => {
        const ids = events.flatMap((event) => (event.type === "unique-id-listing" ? [event.uniqueId] : []));
        if (ids.length !== 3 || ids[0] !== ids[2] || ids[0] === ids[1]) throw new Error(`it lists ${ids.join()}`);
      },
    ),
    check(
      "gives the top of a message",
      "TOP",
      (session) => void session.top(2, 0),
      (events) => {
        const text = Buffer.concat(
          events.flatMap((event) => (event.type === "content" ? [event.bytes] : [])),
        ).toString();
        if (!text.startsWith(top) || text.includes("--part--")) throw new Error(`it gives ${JSON.stringify(text)}`);
      },
    ),
    check(
      "deletes a message",
      "DELE",
      (session) => void session.dele(1),
      (events) => expectEvent(events, "dele"),
      1,
    ),
    check(
      "takes a deletion back",
      "RSET",
      (session) => void session.dele(1).dele(2).rset(),
      (events) => expectEvent(events, "rset"),
    ),
  ];
}

function expectEvent(events: Retrieved["events"], type: "dele" | "rset"): void {
  const event = events.find((one) => one.type === type);
  if (event === undefined || !("ok" in event) || !event.ok) throw new Error(`${type} was refused`);
}

function expectNoLogin({ failure, messages }: Retrieved): void {
  if (failure === null) throw new Error(`somebody was let in, to ${messages.length} messages`);
}

function expectMessages({ messages, report, failure }: Retrieved, expected: readonly Uint8Array[]): void {
  if (failure !== null) throw new Error(`no login: ${failure}`);
  if (messages.length !== expected.length) {
    throw new Error(`${messages.length} messages instead of ${expected.length}: ${report?.failure}`);
  }
  for (const [at, octets] of expected.entries()) expectSame(messages[at]!.octets, octets);
}

function expectSameSet(retrieved: Retrieved, expected: readonly Uint8Array[]): void {
  const sorted = [...retrieved.messages].sort((a, b) => Buffer.compare(a.octets, b.octets));
  const ids = new Set(retrieved.messages.map(({ uniqueId }) => uniqueId));
  if (ids.size !== retrieved.messages.length) throw new Error("a message came twice");
  expectMessages({ ...retrieved, messages: sorted }, [...expected].sort(Buffer.compare));
}
