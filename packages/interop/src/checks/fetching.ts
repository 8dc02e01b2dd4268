/** What every client that fetches is put to. */
import { type Check, expectCount, expectOutcome, expectSame, expectStatus, otherLogins, type Told } from "../check.ts";
import { type FeatureName, type Part, shows } from "../covered/feature.ts";
import { hasSecret } from "../mechanisms.ts";
import type { Outcome } from "../system/process.ts";
import { BOB, type Sample, type ServerOptions, type Servers, type World } from "../world.ts";
import { expectObserved, observedFetching, SEES_PIPELINING } from "./observed.ts";
import { serverFor, type Tls, tlsWords } from "./tls.ts";

/** How a client is made to fetch. */
export interface Fetching {
  readonly tls: Tls;
  /** A mechanism's name, `"APOP"`, or `"USER"`. */
  readonly mechanism: string;
  /** Whether it has the user's password, token or certificate. */
  readonly isRight: boolean;
  /** For a peer's own ways: arguments of its command. */
  readonly more: readonly string[];
}

/** What a client got. */
export interface Fetched {
  readonly outcome: Outcome;
  /** Every message that it has got and keeps, whatever the outcome. */
  readonly messages: readonly Uint8Array[];
}

type Refusal = "wrong password" | "unknown mechanism" | "cut";

/** What a client is that fetches. */
export interface Fetcher {
  readonly part: Part;
  /** Those that are tried, of the peer and ours, with APOP and USER; the first is how every message goes. */
  readonly mechanisms: readonly string[];
  /** Default `"STARTTLS"`. */
  readonly tls?: Tls;
  /** The sample that logins are tried with. Default `"dots"`: the one that needs stuffing most. */
  readonly usual?: string;
  /** Fetches what there is; what it fetched before, by the same `servers`, it may leave. */
  fetch(servers: Servers, how: Fetching): Promise<Fetched>;
  /** Whether it deletes what it has fetched. */
  readonly deletes: boolean;
  /** Whether it takes one message at a time. Default false. */
  readonly single?: boolean;
  /**
   * Whether a message that it could not fetch wholly is among its messages: who prints them cannot take that back.
   * Default false.
   */
  readonly givesParts?: boolean;
  /**
   * What becomes of a message where the client changes it, with a comment that says how; null: it is not put to it.
   * Default: what is stored.
   */
  fetched?(sample: Sample): Uint8Array | null;
  /** Arguments of its command with which it logs in by USER and PASS. Default: it needs none. */
  readonly byUser?: readonly string[];
  /** What our server has to be for a mechanism, beside the rest. Default nothing. */
  servers?(mechanism: string): ServerOptions;
  /** How the client says that it failed. Absent: it is not put to it. */
  readonly refusals: Readonly<Partial<Record<Refusal, Told | ((mechanism: string) => Told)>>>;
  /** What it is seen to use when it fetches. */
  readonly uses?: readonly FeatureName[];
}

/** Where a connection is cut. In octets. */
const CUT = 100_000;

export function fetchingChecks(world: World, fetcher: Fetcher): Check[] {
  const { part, mechanisms, refusals, deletes, tls: usual = "STARTTLS" } = fetcher;
  const [first = ""] = mechanisms;
  const usualSample = world.sample(fetcher.usual ?? "dots");
  const lacks = (name: FeatureName): boolean => part.lacks?.includes(name) ?? false;
  // USER and PASS are no mechanism.
  const covers = (mechanism: string, ...names: readonly FeatureName[]) => [
    ...(mechanism === "" || mechanism === "USER"
      ? []
      : [{ role: part.role, protocol: part.protocol, name: mechanism }]),
    ...shows(part, ...names.filter((name) => !lacks(name))),
  ];
  const how = (options: Partial<Fetching> = {}): Fetching => ({
    ...{ tls: usual, mechanism: first, isRight: true, more: [] },
    ...options,
  });
  const told = (refusal: Refusal, mechanism: string): Told => {
    const found = refusals[refusal];
    if (found === undefined) throw new RangeError(`nothing says how the peer tells "${refusal}"`);
    return typeof found === "function" ? found(mechanism) : found;
  };
  const fetched = (sample: Sample): Uint8Array | null => (fetcher.fetched ? fetcher.fetched(sample) : sample.canonical);
  const expectMessages = (messages: readonly Uint8Array[], samples: readonly Sample[]): void => {
    expectNumber(messages, samples.length);
    for (const [at, sample] of samples.entries()) expectSame(messages[at]!, fetched(sample)!);
  };

  const fetches = (sample: Sample, options: Partial<Fetching> = {}): Check => {
    const fetching = how(options);
    const { tls, mechanism } = fetching;
    return {
      title: `fetches "${sample.name}" with ${mechanism} ${tlsWords[tls].POP3}`,
      covers: covers(mechanism, sample.feature, ...(tls === "none" ? [] : [tls])),
      run: () =>
        world.serve({ ...serverFor(tls), ...fetcher.servers?.(mechanism) }, async (servers) => {
          servers.maildrops.store(BOB, sample.canonical);
          const { outcome, messages } = await fetcher.fetch(servers, fetching);
          expectStatus(outcome, 0);
          expectMessages(messages, [sample]);
          expectCount(servers.maildrops.list(BOB), deletes ? 0 : 1);
        }),
    };
  };

  const isRefused = (
    refusal: Refusal,
    title: string,
    options: ServerOptions,
    fetching: Partial<Fetching> = {},
  ): Check => {
    const { mechanism = first } = fetching;
    return {
      title,
      covers: covers(refusal === "wrong password" ? mechanism : "", refusal),
      run: () =>
        world.serve({ ...serverFor(usual), ...fetcher.servers?.(mechanism), ...options }, async (servers) => {
          servers.maildrops.store(BOB, usualSample.canonical);
          const { outcome, messages } = await fetcher.fetch(servers, how(fetching));
          expectOutcome(outcome, told(refusal, mechanism));
          expectMessages(messages, []);
          expectCount(servers.maildrops.list(BOB), 1);
        }),
    };
  };

  const several: Check = {
    title: `fetches two messages${deletes ? " and deletes them" : ""}`,
    covers: covers("", ...(fetcher.uses ?? [])),
    run: async () => {
      const isPipelining = fetcher.uses?.includes("PIPELINING");
      const server = isPipelining ? SEES_PIPELINING.server : serverFor(usual);
      await world.serve(server, async (servers) => {
        const two = [usualSample, world.sample("utf-8")];
        for (const { canonical } of two) servers.maildrops.store(BOB, canonical);
        const { outcome, messages } = await fetcher.fetch(servers, how(isPipelining ? SEES_PIPELINING.client : {}));
        expectStatus(outcome, 0);
        expectMessages(messages, two);
        expectCount(servers.maildrops.list(BOB), deletes ? 0 : 2);
        for (const feature of fetcher.uses ?? []) expectObserved(observedFetching(servers), feature);
      });
    },
  };

  const others = otherLogins(mechanisms).map(({ tls, mechanism }) =>
    fetches(usualSample, { mechanism, tls: tls ? usual : "none" }),
  );
  const isAsked = (refusal: Refusal): boolean => refusals[refusal] !== undefined;
  return [
    ...world.samples.filter((sample) => fetched(sample) !== null).map((sample) => fetches(sample)),
    ...(usual === "none" ? [] : others),
    ...(lacks("implicit TLS") || usual === "implicit TLS" ? [] : [fetches(usualSample, { tls: "implicit TLS" })]),
    ...(fetcher.single ? [] : [several]),
    ...(isAsked("wrong password") ? mechanisms.filter(hasSecret) : []).map((mechanism) =>
      isRefused(
        "wrong password",
        `may not fetch with a wrong password (${mechanism})`,
        {},
        { mechanism, isRight: false },
      ),
    ),
    ...(isAsked("unknown mechanism")
      ? [
          isRefused("unknown mechanism", "does not log in with a mechanism that is not offered", {
            mechanisms: ["ANONYMOUS"],
          }),
        ]
      : []),
    ...(isAsked("cut") ? [cutWhileFetching(world, fetcher, told("cut", first))] : []),
  ];
}

/** A connection that is lost in the middle of a message: how the client says so; and once more, undisturbed. */
export function cutWhileFetching(world: World, fetcher: Fetcher, told: Told): Check {
  const { part, mechanisms, deletes, tls = "STARTTLS" } = fetcher;
  const large = world.sizable;
  const how = { tls, mechanism: mechanisms[0] ?? "", isRight: true, more: [] };
  return {
    title: "loses the connection in the middle of a message, and fetches it again",
    covers: part.lacks?.includes("cut") ? [] : shows(part, "cut"),
    run: () =>
      world.serve({ ...serverFor(tls), cutAfter: CUT }, async (servers) => {
        servers.maildrops.store(BOB, large.canonical);
        const first = await fetcher.fetch(servers, how);
        expectOutcome(first.outcome, told);
        if (!fetcher.givesParts) expectNumber(first.messages, 0);
        expectCount(servers.maildrops.list(BOB), 1);
        const again = await fetcher.fetch(servers, how);
        expectStatus(again.outcome, 0);
        expectNumber(again.messages, 1);
        expectSame(again.messages[0]!, fetcher.fetched?.(large) ?? large.canonical);
        expectCount(servers.maildrops.list(BOB), deletes ? 0 : 1);
      }),
  };
}

/** @throws Error unless there are so many */
function expectNumber({ length }: readonly Uint8Array[], expected: number): void {
  if (length !== expected) throw new Error(`${length} messages were fetched instead of ${expected}`);
}
