/** What every SMTP or LMTP server of others is checked with: messages read back, logins, refusals, lost connections. */
import { type Envelope, formatReply, type TransactionReport } from "smtp-codec";
import { type Check, expectRejection, expectSame } from "../check.ts";
import { submitWith } from "../clients.ts";
import { type Feature, type FeatureName, type Part, shows } from "../covered/feature.ts";
import { hasSecret } from "../mechanisms.ts";
import { type Cut, cuttable } from "../ours/cutting.ts";
import { type Delivered, type Delivering, deliver, type Parcel } from "../ours/deliver.ts";
import type { Inbox, Stored } from "../ours/inbox.ts";
import { UNKNOWN } from "../ours/unknown-mechanism.ts";
import { ALICE, BOB, type Sample, type World } from "../world.ts";
import { withoutAdded } from "./added.ts";
import { type Tls, tlsWords } from "./tls.ts";

export interface SmtpServer {
  readonly part: Part;
  /** What its checks begin with, where a peer has several. */
  readonly label?: string;
  /** The ports, by the way in which a connection comes to TLS there. The first is the one that most checks use. */
  readonly ports: Partial<Readonly<Record<Tls, number>>>;
  readonly inbox: Inbox;
  /** Who logs in, and by which mechanisms it can be done. */
  readonly user?: string;
  readonly mechanisms?: readonly string[];
  /** What the mechanisms need. Default `"STARTTLS"`. */
  readonly loginTls?: Tls;
  /** Whether mail is taken from those alone who have logged in, who do it by this mechanism then. */
  readonly requiredLogin?: string;
  /** What it adds to every message, by the place where that comes first: each is taken out again. Default: nothing. */
  readonly added?: readonly RegExp[];
  /** What of a sample is stored besides. Default: its canonical form. */
  readonly stored?: (sample: Sample) => Uint8Array;
  /** By which code the server refuses a sample that it cannot take; null: it takes it. Default: it takes every one. */
  readonly refuses?: (sample: Sample) => number | null;
  /** The reply to a recipient that it does not know. */
  readonly rejected?: { readonly address: string; readonly code: number };
  /** In octets. */
  readonly maxMessageSize?: number;
  /** The code that refuses what is larger. Default 552. */
  readonly tooLarge?: number;
  /** The code by which AUTH with a mechanism that it has not is refused. Default 504. */
  readonly unknownMechanism?: number;
}

const ENVELOPE = { from: ALICE, to: [BOB] };

export function smtpServerChecks(world: World, server: SmtpServer): Check[] {
  const checks = [roundTrips, logins, refusals, cuts].flatMap((make) => make(world, server));
  const { label } = server;
  return label === undefined ? checks : checks.map((check) => ({ ...check, title: `${label}: ${check.title}` }));
}

/** The ways into a server, in the order in which it gives them. */
function waysOf({ ports }: SmtpServer): Tls[] {
  return Object.keys(ports) as Tls[];
}

/** How our client comes to a server. @throws RangeError if it has no such way */
export function to(world: World, server: SmtpServer, tls: Tls = waysOf(server)[0]!): Delivering {
  const port = server.ports[tls];
  if (port === undefined) throw new RangeError(`there is no way "${tls}" into the server`);
  const { requiredLogin, user = ALICE } = server;
  const protocol = server.part.protocol === "LMTP" ? "lmtp" : "smtp";
  const login = requiredLogin === undefined ? {} : { login: { user, mechanism: requiredLogin } };
  return { port, certificate: world.certificate, tls, protocol, ...login };
}

/** What is checked: its declared content is what the server can take. */
export function parcel(sample: Pick<Sample, "octets">, envelope: Partial<Envelope> = {}): Parcel {
  const content = sample.octets.some((octet) => octet > 127) ? "8bit" : "7bit";
  return { envelope: { ...ENVELOPE, content, ...envelope }, content: sample.octets };
}

function roundTrips(world: World, server: SmtpServer): Check[] {
  const ways = waysOf(server);
  const { refuses = () => null } = server;
  const taken = world.samples.filter((sample) => refuses(sample) === null);
  const submitted = server.part.protocol === "SMTP" && ways.includes("STARTTLS");
  const small = taken.filter(({ octets }) => octets.length < 1_000_000);
  const chunked: readonly FeatureName[] = ["round trip", "dots", "8-bit", "no final line end"];
  return [
    ...taken.map((sample) => ({
      title: `takes "${sample.name}"${submitted ? " over STARTTLS, from the example client" : ""}`,
      covers: shows(server.part, sample.feature),
      run: async () => {
        await server.inbox.take();
        if (submitted) await submitPlainly(world, server, sample);
        else expectAccepted(await deliver(to(world, server), [parcel(sample)]));
        expectInbox(server, await server.inbox.take(), [sample]);
      },
    })),
    ...world.samples.flatMap((sample): Check[] => {
      const code = refuses(sample);
      if (code === null) return [];
      return [
        {
          title: `refuses "${sample.name}" by ${code}`,
          run: async () => {
            await server.inbox.take();
            const { reports } = await deliver(to(world, server), [parcel(sample)]);
            expectFates(reports[0], [["permanent", code]]);
            expectInbox(server, await server.inbox.take(), []);
          },
        },
      ];
    }),
    ...ways.map((tls) => ({
      title: `takes every sample but the largest on one connection, ${tlsWords[tls].SMTP}`,
      covers: shows(
        server.part,
        "round trip",
        ...(tls === "none" ? [] : [tls]),
        ...offers(server, "PIPELINING", "SIZE", "8BITMIME"),
      ),
      run: async () => {
        await server.inbox.take();
        const delivered = await deliver(
          to(world, server, tls),
          small.map((sample) => parcel(sample)),
        );
        expectAccepted(delivered, small.length);
        if (delivered.tls !== (tls !== "none")) throw new Error("it is not as secret as it was to be");
        expectOffered(server, delivered, "PIPELINING", "SIZE", "8BITMIME");
        expectInbox(server, await server.inbox.take(), small);
      },
    })),
    ...(offers(server, "CHUNKING").length === 0
      ? []
      : [
          {
            title: "takes messages by BDAT, and the same by DATA",
            covers: shows(server.part, "CHUNKING"),
            run: async () => {
              const samples = taken.filter(({ feature }) => chunked.includes(feature));
              for (const chunking of [true, false]) {
                await server.inbox.take();
                const delivered = await deliver(
                  { ...to(world, server), chunking },
                  samples.map((sample) => parcel(sample)),
                );
                expectAccepted(delivered, samples.length);
                expectOffered(server, delivered, "CHUNKING");
                expectInbox(server, await server.inbox.take(), samples);
              }
            },
          },
        ]),
    {
      title: "takes a message command by command, without PIPELINING",
      covers: shows(server.part, "round trip"),
      run: async () => {
        await server.inbox.take();
        const sample = world.sample("multipart");
        expectAccepted(await deliver({ ...to(world, server), pipelining: false }, [parcel(sample)]));
        expectInbox(server, await server.inbox.take(), [sample]);
      },
    },
  ];
}

function logins(world: World, server: SmtpServer): Check[] {
  const { mechanisms = [], user = ALICE, loginTls = "STARTTLS", part, unknownMechanism = 504 } = server;
  if (mechanisms.length === 0) return [];
  const covers = (name: string): Feature[] => [{ role: part.role, protocol: part.protocol, name }];
  const sample = world.sample("multipart");
  const logIn = (mechanism: string, isRight = true) =>
    deliver({ ...to(world, server, loginTls), login: { user, mechanism, isRight } }, [parcel(sample)]);
  return [
    ...mechanisms.map((mechanism) => ({
      title: `takes a message with ${mechanism}`,
      covers: covers(mechanism),
      run: async () => {
        await server.inbox.take();
        expectAccepted(await logIn(mechanism));
        expectInbox(server, await server.inbox.take(), [sample]);
      },
    })),
    ...mechanisms.filter(hasSecret).map((mechanism) => ({
      title: `refuses a wrong password (${mechanism})`,
      covers: [...covers(mechanism), ...shows(part, "wrong password")],
      run: async () => {
        await server.inbox.take();
        expectRefusal(await logIn(mechanism, false), 535, "credentials");
        expectInbox(server, await server.inbox.take(), []);
      },
    })),
    {
      title: "refuses a mechanism that it has not",
      covers: shows(part, "unknown mechanism"),
      run: async () => {
        expectRefusal(await logIn(UNKNOWN), unknownMechanism, unknownMechanism === 504 ? "mechanism" : "credentials");
        expectInbox(server, await server.inbox.take(), []);
      },
    },
    {
      title: "lets the example client in, and not with a wrong password",
      covers: shows(part, "wrong password"),
      run: async () => {
        if (loginTls !== "STARTTLS") return;
        const options = {
          port: server.ports["STARTTLS"]!,
          certificate: world.certificate,
          user,
          mechanism: mechanisms[0]!,
        };
        const message = { from: ALICE, to: [BOB], content: sample.octets };
        await expectRejection(submitWith({ ...options, isRight: false }, message), "auth failed: 535 ");
        expectInbox(server, await server.inbox.take(), []);
        const { outcome, text } = await submitWith(options, message);
        if (outcome !== "accepted") throw new Error(`${outcome}: ${text}`);
        expectInbox(server, await server.inbox.take(), [sample]);
      },
    },
  ];
}

function refusals(world: World, server: SmtpServer): Check[] {
  const { part, rejected, maxMessageSize, tooLarge = 552 } = server;
  const sample = world.sample("multipart");
  const checks: Check[] = [];
  if (rejected !== undefined) {
    const { address, code } = rejected;
    checks.push(
      {
        title: "rejects a recipient",
        covers: shows(part, "rejected recipient"),
        run: async () => {
          await server.inbox.take();
          // The connection must be good for the next message.
          const delivered = await deliver(to(world, server), [parcel(sample, { to: [address] }), parcel(sample)]);
          expectFates(delivered.reports[0], [["permanent", code]]);
          expectFates(delivered.reports[1], [["accepted", 250]]);
          expectInbox(server, await server.inbox.take(), [sample]);
        },
      },
      {
        title: "rejects the second of three recipients",
        covers: shows(part, "some recipients"),
        run: async () => {
          await server.inbox.take();
          const delivered = await deliver(to(world, server), [parcel(sample, { to: [BOB, address, ALICE] })]);
          expectFates(delivered.reports[0], [
            ["accepted", 250],
            ["permanent", code],
            ["accepted", 250],
          ]);
          const stored = await server.inbox.take();
          // Somebody may keep one copy for both.
          if (stored.length !== 1 && stored.length !== 2)
            throw new Error(`${stored.length} messages are stored instead of 1 or 2`);
          for (const one of stored) expectStoredAs(server, one, sample);
        },
      },
    );
  }
  if (maxMessageSize !== undefined) {
    const line = `${"too large ".repeat(7)}\r\n`; // some count LF for CRLF
    const large = {
      octets: Buffer.concat([
        Buffer.from("Subject: large\r\n\r\n"),
        Buffer.alloc(Math.ceil(maxMessageSize * 1.02), line),
      ]),
    };
    checks.push({
      title: "is not asked for a message that is larger than its SIZE, and refuses it where the size was not told",
      covers: shows(part, "too large"),
      run: async () => {
        await server.inbox.take();
        const target = to(world, server);
        const declared = await deliver(target, [parcel(large), parcel(sample)]);
        const [problem] = declared.reports[0]!.problems;
        if (problem?.code !== "too-big") throw new Error("the client did not see that it is too large");
        expectFates(declared.reports[1], [["accepted", 250]]);
        expectInbox(server, await server.inbox.take(), [sample]);
        for (const chunking of offers(server, "CHUNKING").length > 0 ? [true, false] : [false]) {
          const undeclared = await deliver({ ...target, chunking }, [parcel(large, { size: 1000 })]);
          expectFates(undeclared.reports[0], [["permanent", tooLarge]]);
          expectInbox(server, await server.inbox.take(), []);
        }
      },
    });
  }
  return checks;
}

/** A connection is lost at each place, and the message sent again if it was certainly not accepted: there is always one of it. */
function cuts(world: World, server: SmtpServer): Check[] {
  const content = { name: "cut", octets: cuttable(), canonical: cuttable(), feature: "cut", file: "" } as const;
  const expected: readonly (readonly [Cut, Fate])[] = [
    ["in the content", ["not-accepted", null]],
    ["before the reply", ["unknown", null]],
    ["behind the reply", ["accepted", 250]],
  ];
  return expected.flatMap(([cut, fate]) =>
    (offers(server, "CHUNKING").length > 0 ? [true, false] : [false]).map((chunking) => ({
      title: `loses the connection ${cut}, ${chunking ? "by BDAT" : "by DATA"}: ${fate[0]}, and one message in the end`,
      covers: shows(server.part, "cut"),
      run: async () => {
        await server.inbox.take();
        const target = { ...to(world, server), chunking };
        const lost = await deliver({ ...target, cut }, [{ ...parcel(content), content: pieces(content.octets) }]);
        expectFates(lost.reports[0], [fate]);
        if (fate[0] === "not-accepted") expectAccepted(await deliver(target, [parcel(content)]));
        expectInbox(server, await server.inbox.take(), [content]);
      },
    })),
  );
}

/** What comes in pieces is sent in pieces, so that the client knows how far it came. */
function* pieces(octets: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < octets.length; at += 8192) yield octets.subarray(at, at + 8192);
}

async function submitPlainly(world: World, server: SmtpServer, { octets }: Sample): Promise<void> {
  const { user = ALICE, requiredLogin: mechanism, ports } = server;
  const message = { from: ALICE, to: [BOB], content: octets };
  const login = mechanism === undefined ? {} : { mechanism };
  const target = { port: ports["STARTTLS"]!, certificate: world.certificate, user, ...login };
  const { outcome, text } = await submitWith(target, message);
  if (outcome !== "accepted") throw new Error(`${outcome}: ${text}`);
}

/** Of these features, those that the server does not lack. */
function offers({ part }: SmtpServer, ...names: readonly FeatureName[]): FeatureName[] {
  return names.filter((name) => !(part.lacks ?? []).includes(name));
}

/** @throws Error unless the server's EHLO response has those of these keywords that it does not lack, and no other of them */
function expectOffered(server: SmtpServer, { capabilities }: Delivered, ...names: readonly FeatureName[]): void {
  const expected = offers(server, ...names);
  const found = names.filter((name) => capabilities?.keywords.has(name));
  if (found.join() !== expected.join()) throw new Error(`it offers ${found.join()} instead of ${expected.join()}`);
}

/** What became of a recipient, and the code of the reply that said so. */
export type Fate = readonly [TransactionReport["recipients"][number]["outcome"], number | null];

export function expectFates(report: TransactionReport | undefined, expected: readonly Fate[]): void {
  if (report === undefined) throw new Error("the message did not come to its turn");
  const found = report.recipients.map(({ outcome, code }) => `${outcome} ${code}`);
  const wanted = expected.map((fate) => fate.join(" ").trimEnd());
  const same = found.every((fate, at) => fate === `${expected[at]?.[0]} ${expected[at]?.[1]}`);
  if (same && found.length === expected.length) return;
  const said = report.recipients.map(({ outcome, code, text }) => `${outcome} ${code} ${text}`);
  throw new Error(`${said.join(", ")} instead of ${wanted.join(", ")}`);
}

/** @throws Error unless every message was accepted for every recipient */
export function expectAccepted({ reports, refusals: refused }: Delivered, count = 1): void {
  const [first] = refused;
  if (first !== undefined) {
    const reply = first.reply === null ? "no reply" : Buffer.from(formatReply(first.reply)).toString().trim();
    throw new Error(`${first.command} was refused: ${first.text ?? reply}`);
  }
  if (reports.length !== count) throw new Error(`${reports.length} messages were sent instead of ${count}`);
  for (const { recipients, problems } of reports) {
    const refusal = recipients.find(({ outcome }) => outcome !== "accepted");
    if (refusal !== undefined)
      throw new Error(
        `${refusal.outcome} ${refusal.code}: ${refusal.text} ${problems.map(({ text }) => text).join("; ")}`,
      );
  }
}

function expectRefusal({ refusals: refused, reports }: Delivered, code: number, failure: string): void {
  const [first] = refused;
  if (first?.command !== "auth") throw new Error("the login was not refused");
  if (first.reply?.code !== code || first.failure !== failure)
    throw new Error(`the login was refused by ${first.reply?.code}, ${first.failure}: ${first.text ?? ""}`);
  if (reports.length > 0) throw new Error("a message was sent in spite of it");
}

/** @throws Error unless exactly these are stored, in whatever order */
function expectInbox(server: SmtpServer, found: readonly Stored[], samples: readonly Sample[]): void {
  if (found.length !== samples.length)
    throw new Error(`${found.length} messages are stored instead of ${samples.length}`);
  const [only] = samples;
  if (samples.length === 1) expectStoredAs(server, found[0]!, only!);
  const left = [...found];
  for (const sample of samples) {
    const at = left.findIndex((one) => isStoredAs(server, one, sample));
    if (at < 0) throw new Error(`"${sample.name}" is not stored as it was sent`);
    left.splice(at, 1);
  }
}

function isStoredAs(server: SmtpServer, stored: Stored, sample: Sample): boolean {
  try {
    expectStoredAs(server, stored, sample);
    return true;
  } catch {
    return false;
  }
}

export function expectStoredAs(server: SmtpServer, { octets }: Stored, sample: Sample): void {
  expectSame(withoutAdded(server.added ?? [], octets), storedOf(server, sample));
}

/** What some store of a message that begins with no header field: an empty line in front of it. */
export function behindEmptyLine({ canonical }: Sample): Uint8Array {
  return Buffer.concat([Buffer.from("\r\n"), canonical]);
}

function storedOf({ stored = ({ canonical }) => canonical }: SmtpServer, sample: Sample): Uint8Array {
  return stored(sample);
}
