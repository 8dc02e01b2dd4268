/** What every client that sends is put to. */
import type { StoredMessage } from "examples/src/maildrop.ts";
import {
  type Check,
  expectCount,
  expectOutcome,
  expectStatus,
  expectStored,
  otherLogins,
  type Told,
} from "../check.ts";
import { type FeatureName, type Part, shows } from "../covered/feature.ts";
import { hasSecret } from "../mechanisms.ts";
import type { Outcome } from "../system/process.ts";
import { BOB, NOBODY, type Sample, type ServerOptions, type Servers, type World } from "../world.ts";
import { expectObserved, observedSending, SEES_PIPELINING } from "./observed.ts";
import { serverFor, type Tls, tlsWords } from "./tls.ts";

/** How a client is made to send. */
export interface Sending {
  readonly tls: Tls;
  readonly mechanism: string;
  /** Whether it has the user's password, token or certificate. */
  readonly isRight: boolean;
  readonly recipients: readonly string[];
  /** For a peer's own ways: arguments of its command. */
  readonly more: readonly string[];
}

type Refusal = "wrong password" | "unknown mechanism" | "rejected recipient" | "too large" | "cut";

/** What a client is that sends. */
export interface Sender {
  readonly part: Part;
  /** Those that are tried, of the peer and ours; the first is how every message goes. */
  readonly mechanisms: readonly string[];
  /** Default `"STARTTLS"`. */
  readonly tls?: Tls;
  /** The mechanisms that it uses under TLS alone. Default none. */
  readonly underTls?: readonly string[];
  send(servers: Servers, sample: Sample, how: Sending): Promise<Outcome>;
  /**
   * What becomes of a message where the client changes it, with a comment that says how; null: it is not put to it.
   * Default: its canonical form.
   */
  stored?(sample: Sample): Uint8Array | null;
  /**
   * Whether it writes a header section of its own, and takes a sample for the body: that is what is compared. Default
   * false.
   */
  readonly composes?: boolean;
  /** Arguments of its command with which it leaves a message's octets as they are. Default: it needs none. */
  readonly untouched?: readonly string[];
  /** What our server has to be for a mechanism, beside the rest. Default nothing. */
  servers?(mechanism: string): ServerOptions;
  /** How the client says that it failed. Absent: it is not put to it. */
  readonly refusals: Readonly<Partial<Record<Refusal, Told | ((mechanism: string) => Told)>>>;
  /** What it is seen to use, and how it is made to. */
  readonly uses?: readonly Use[];
}

export interface Use {
  readonly feature: FeatureName;
  /** Default: the one that needs stuffing most. */
  readonly sample?: string;
  readonly how?: Partial<Sending>;
}

/** The largest message that our server takes when one is to be too large, and where a connection is cut. In octets. */
const MAX_SIZE = 65_536;
const CUT = 100_000;

export function sendingChecks(world: World, sender: Sender): Check[] {
  const { part, mechanisms, refusals, tls: usual = "STARTTLS" } = sender;
  const [first = ""] = mechanisms;
  const dots = world.sample("dots");
  const large = world.sizable;
  const lacks = (name: FeatureName): boolean => part.lacks?.includes(name) ?? false;
  const covers = (mechanism: string, ...names: readonly FeatureName[]) => [
    ...(mechanism === "" ? [] : [{ role: part.role, protocol: part.protocol, name: mechanism }]),
    ...shows(part, ...names.filter((name) => !lacks(name))),
  ];
  const how = (options: Partial<Sending> = {}): Sending => ({
    ...{ tls: usual, mechanism: first, isRight: true, recipients: [BOB], more: [] },
    ...options,
  });
  const told = (refusal: Refusal, mechanism: string): Told => {
    const found = refusals[refusal];
    if (found === undefined) throw new RangeError(`nothing says how the peer tells "${refusal}"`);
    return typeof found === "function" ? found(mechanism) : found;
  };
  const stored = (sample: Sample): Uint8Array | null => (sender.stored ? sender.stored(sample) : sample.canonical);
  const expectDelivered = ({ maildrops }: Servers, sample: Sample, recipients: readonly string[] = [BOB]): void => {
    for (const recipient of recipients) expectContent(sender, maildrops.list(recipient), stored(sample)!);
  };

  const sends = (sample: Sample, options: Partial<Sending> = {}): Check => {
    const sending = how(options);
    const { tls, mechanism } = sending;
    return {
      title: `sends "${sample.name}" with ${mechanism || "no login"} ${tlsWords[tls].SMTP}`,
      covers: covers(mechanism, sample.feature, ...(tls === "none" ? [] : [tls])),
      run: () =>
        world.serve({ ...serverFor(tls), ...sender.servers?.(mechanism) }, async (servers) => {
          expectStatus(await sender.send(servers, sample, sending), 0);
          expectDelivered(servers, sample);
        }),
    };
  };

  const uses = ({ feature, sample: name = "dots", how: options }: Use): Check => {
    const isPipelining = feature === "PIPELINING";
    const sending = how({ ...options, ...(isPipelining && SEES_PIPELINING.client) });
    const sample = world.sample(name);
    return {
      title: `uses ${feature}`,
      covers: covers("", feature),
      run: () =>
        world.serve(isPipelining ? SEES_PIPELINING.server : serverFor(sending.tls), async (servers) => {
          expectStatus(await sender.send(servers, sample, sending), 0);
          expectDelivered(servers, sample, sending.recipients);
          expectObserved(observedSending(servers), feature);
        }),
    };
  };

  const isRefused = (
    refusal: Refusal,
    title: string,
    options: ServerOptions,
    { sample = dots, ...sending }: Partial<Sending> & { readonly sample?: Sample } = {},
  ): Check => {
    const { mechanism = first } = sending;
    return {
      title,
      covers: covers(refusal === "wrong password" ? mechanism : "", refusal),
      run: () =>
        world.serve({ ...serverFor(usual), ...sender.servers?.(mechanism), ...options }, async (servers) => {
          expectOutcome(await sender.send(servers, sample, how(sending)), told(refusal, mechanism));
          for (const user of [BOB, NOBODY]) expectCount(servers.maildrops.list(user), 0);
        }),
    };
  };

  const others = otherLogins(mechanisms)
    .filter(({ tls, mechanism }) => tls || !sender.underTls?.includes(mechanism))
    .map(({ tls, mechanism }) => sends(dots, { mechanism, tls: tls ? usual : "none" }));
  const isAsked = (refusal: Refusal): boolean => refusals[refusal] !== undefined;
  return [
    ...world.samples.filter((sample) => stored(sample) !== null).map((sample) => sends(sample)),
    ...(usual === "none" ? [] : others),
    ...(lacks("implicit TLS") || usual === "implicit TLS" ? [] : [sends(dots, { tls: "implicit TLS" })]),
    ...(sender.uses ?? []).map(uses),
    ...(isAsked("wrong password") ? mechanisms.filter(hasSecret) : []).map((mechanism) =>
      isRefused(
        "wrong password",
        `may not send with a wrong password (${mechanism})`,
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
    ...(isAsked("rejected recipient")
      ? [isRefused("rejected recipient", "has a recipient rejected", {}, { recipients: [NOBODY] })]
      : []),
    ...(isAsked("too large")
      ? [
          isRefused(
            "too large",
            "has a message refused that is too large",
            { maxMessageSize: MAX_SIZE },
            { sample: large },
          ),
        ]
      : []),
    ...(isAsked("cut")
      ? [
          {
            title: "loses the connection in the middle of a message, and sends it again",
            covers: covers("", "cut"),
            run: () =>
              world.serve({ ...serverFor(usual), cutAfter: CUT }, async (servers) => {
                expectOutcome(await sender.send(servers, large, how()), told("cut", first));
                expectCount(servers.maildrops.list(BOB), 0);
                expectStatus(await sender.send(servers, large, how()), 0);
                expectDelivered(servers, large);
              }),
          },
        ]
      : []),
  ];
}

/** A message to two recipients, one of whom is rejected: what the client exits with, and says. */
export function someRecipients(world: World, sender: Sender, told: Told, more: readonly string[] = []): Check {
  const { part, tls = "STARTTLS", mechanisms } = sender;
  const dots = world.sample("dots");
  return {
    title: "has one of two recipients rejected",
    covers: shows(part, "some recipients"),
    run: () =>
      world.serve(serverFor(tls), async (servers) => {
        const sending = { tls, mechanism: mechanisms[0] ?? "", isRight: true, recipients: [NOBODY, BOB], more };
        expectOutcome(await sender.send(servers, dots, sending), told);
        expectContent(sender, servers.maildrops.list(BOB), sender.stored?.(dots) ?? dots.canonical);
        expectCount(servers.maildrops.list(NOBODY), 0);
      }),
  };
}

function expectContent({ composes = false }: Sender, messages: readonly StoredMessage[], expected: Uint8Array): void {
  const bodies = messages.map(({ octets, ...rest }) => {
    const body = Buffer.from(octets).indexOf("\r\n\r\n") + 4;
    return { ...rest, octets: composes ? octets.subarray(body) : octets };
  });
  expectStored(bodies, expected);
}
