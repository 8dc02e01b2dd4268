/** What a runtime has to show. */
import { Maildrops } from "examples/src/maildrop.ts";
import { createPop3Server } from "examples/src/pop3-server.ts";
import type { Account, Result, Task } from "examples/src/runtimes/mail.ts";
import type { Received, Settings } from "examples/src/runtimes/receiver.ts";
import { createSmtpServer } from "examples/src/smtp-server.ts";
import { type Certificate, makeCertificate } from "examples/src/transport/certificate.ts";
import type { Report } from "../../runtimes/conformance/report.ts";
import { type Check, expectCount, expectRejection, expectStored } from "../check.ts";
import { type FeatureName, type Part, shows } from "../covered/feature.ts";
import { ALICE, BOB, PASSWORD, type World } from "../world.ts";
import { projectOf } from "./project.ts";

const PART = { role: "runtime", protocol: "own" } as const;

/** @param lacks what it cannot have */
export function partOf(...lacks: readonly FeatureName[]): Part[] {
  return [{ ...PART, mechanisms: [], lacks }];
}

/** Names of entry points, and how much each exports. */
type Counts = Readonly<Record<string, number>>;

/** What the Node that runs all this says: every runtime has to say the same. */
interface Reference {
  readonly counts: Counts;
  readonly report: Report;
}

/** The conformance program computes for some seconds, on a busy machine for many. In milliseconds. */
export const LIMIT = 300_000;

const references = new WeakMap<World, Promise<Reference>>();

function referenceOf(world: World): Promise<Reference> {
  const found = references.get(world) ?? make();
  references.set(world, found);
  return found;

  async function make(): Promise<Reference> {
    const { importAll, print } = await projectOf(world);
    const said = async (program: string) => printed(await world.require(process.execPath, [program], { limit: LIMIT }));
    return { counts: (await said(importAll)) as Counts, report: (await said(print)) as Report };
  }
}

/** What a program printed, as JSON. */
export function printed({ stdout }: { readonly stdout: Buffer }): unknown {
  return JSON.parse(stdout.toString("utf8"));
}

/**
 * The packages are there, all of them, and say what they say in Node. What that is, is found out before: it takes its
 * time.
 */
export async function programChecks(
  world: World,
  name: string,
  counts: () => Promise<Counts>,
  report: () => Promise<Report>,
): Promise<Check[]> {
  const reference = await referenceOf(world);
  return [
    {
      title: `${name} imports every entry point of the packed packages`,
      covers: shows(PART, "packages"),
      run: async () => {
        const [found, expected] = [await counts(), reference.counts];
        const entries = Object.keys(expected);
        const wrong = entries.filter((entry) => expected[entry] === 0 || found[entry] !== expected[entry]);
        if (wrong.length > 0 || entries.length === 0) throw new Error(`it has something else in ${wrong.join(", ")}`);
        return `${entries.length} entry points`;
      },
    },
    {
      title: `${name} says what Node ${process.versions.node} says`,
      covers: shows(PART, "conformance"),
      limit: LIMIT,
      run: async () => {
        const [found, expected] = [await report(), reference.report];
        expectSameReport(found, expected);
        const sum = (of: "items" | "events" | "octets") => found.sections.reduce((all, one) => all + one[of], 0);
        return `${found.digest.slice(0, 16)} of ${sum("items")} items, ${sum("events")} events, ${sum("octets")} octets`;
      },
    },
  ];
}

/**
 * That the digest is one of everything: any runtime can show it.
 *
 * @param report of a run in which bits of the input are turned over
 */
export function digestCheck(world: World, report: () => Promise<Report>): Check {
  return {
    title: "a digest comes out otherwise, in every section, where bits of the input are turned over",
    covers: shows(PART, "conformance"),
    limit: LIMIT,
    run: async () => {
      const [found, expected] = [await report(), (await referenceOf(world)).report];
      const same = found.sections.filter(({ digest }, index) => digest === expected.sections[index]?.digest);
      if (same.length > 0) throw new Error(`the digest does not show it: ${same.map((one) => one.name).join(", ")}`);
      return `${found.sections.length} sections`;
    },
  };
}

/** @throws Error naming the sections that differ */
function expectSameReport(found: Report, expected: Report): void {
  if (found.digest === expected.digest && expected.sections.every(({ events }) => events > 0)) return;
  const differing = expected.sections.filter(({ digest }, index) => found.sections[index]?.digest !== digest);
  const words = differing.map(({ name, items, events, octets }) => {
    const other = found.sections.find((one) => one.name === name);
    return `${name}: ${other?.items}, ${other?.events}, ${other?.octets} instead of ${items}, ${events}, ${octets}`;
  });
  throw new Error(["it says something else (items, events, octets):", ...words].join("\n    "));
}

/** What is sent: a letter that needs stuffing, UTF-8, and line ends. */
const LETTER = { from: ALICE, to: BOB, content: "Subject: gr\u00fc\u00dfe\n\n.\n..dots\nno end of the last line" };
const AS_STORED = `${LETTER.content.replaceAll("\n", "\r\n")}\r\n`;

const users = new Map([ALICE, BOB].map((user) => [user, PASSWORD]));

interface Served {
  readonly smtp: Account;
  readonly pop3: Account;
  readonly maildrops: Maildrops;
}

const certificates = new WeakMap<World, Promise<Certificate>>();

/** A certificate that rustls takes too. */
export function certificateOf(world: World): Promise<Certificate> {
  const found = certificates.get(world) ?? makeCertificate("localhost", false);
  certificates.set(world, found);
  return found;
}

/** Runs both example servers, on Node, for as long as `use` takes. */
async function serve(world: World, use: (served: Served) => Promise<void>): Promise<void> {
  const tls = await certificateOf(world);
  const maildrops = new Maildrops();
  const shared = { accounts: users, maildrops, tls };
  const [smtp, pop3] = [createSmtpServer(shared), createPop3Server(shared)];
  const account = { host: "localhost", password: PASSWORD, ca: tls.cert };
  try {
    await use({
      smtp: { ...account, user: ALICE, port: await smtp.listen() },
      pop3: { ...account, user: BOB, port: await pop3.listen() },
      maildrops,
    });
  } finally {
    await Promise.all([smtp.close(), pop3.close()]);
  }
}

/**
 * The example client, over the runtime's own sockets, with the example servers on Node.
 *
 * @param trusting does a task; where `ca` is left out, it must not trust the server's certificate
 */
export function clientChecks(world: World, perform: (task: Task) => Promise<Result>): Check[] {
  const covers = shows(PART, "client");
  return [
    {
      title: "submits a letter: STARTTLS, SCRAM-SHA-256",
      covers,
      run: () =>
        serve(world, async ({ smtp, maildrops }) => {
          expectMechanism(await perform({ do: "submit", account: smtp, letter: LETTER }));
          expectStored(maildrops.list(BOB), Buffer.from(AS_STORED));
        }),
    },
    {
      title: "retrieves letters: STLS, SCRAM-SHA-256",
      covers,
      run: () =>
        serve(world, async ({ pop3, maildrops }) => {
          const letters = [AS_STORED, "", "Subject: x\r\n\r\n.\r\n"];
          for (const letter of letters) maildrops.store(BOB, Buffer.from(letter));
          const result = await perform({ do: "retrieve", account: pop3 });
          expectMechanism(result);
          if (!("messages" in result) || JSON.stringify(result.messages) !== JSON.stringify(letters))
            throw new Error(`it has other letters: ${JSON.stringify(result)}`);
        }),
    },
    {
      title: "is told of a wrong password",
      covers,
      run: () =>
        serve(world, async ({ smtp, maildrops }) => {
          const account = { ...smtp, password: "broken glass" };
          await expectRejection(perform({ do: "submit", account, letter: LETTER }), "auth: ");
          expectCount(maildrops.list(BOB), 0);
        }),
    },
    {
      title: "sends nothing to a server whose certificate it does not trust",
      covers,
      run: () =>
        serve(world, async ({ smtp: { ca: _, ...account }, maildrops }) => {
          const outcome = await perform({ do: "submit", account, letter: LETTER }).catch(() => null);
          if (outcome !== null) throw new Error("it was sent");
          expectCount(maildrops.list(BOB), 0);
        }),
    },
  ];
}

function expectMechanism({ mechanism }: Result): void {
  if (mechanism !== "SCRAM-SHA-256") throw new Error(`logged in with ${mechanism || "nothing"}`);
}

/** A server that runs, and what it has printed. */
export interface Running {
  readonly port: number;
  output(): Promise<string>;
}

/**
 * The example server, over the runtime's own sockets, with the example client on Node.
 *
 * @param start starts it, on a port that is free
 */
export function serverChecks(world: World, start: (settings: Omit<Settings, "port">) => Promise<Running>): Check[] {
  const submit = async (task: Omit<Task & { do: "submit" }, "do">): Promise<Result> => {
    const { nodeClient } = await projectOf(world);
    const outcome = await world.run(process.execPath, [nodeClient], {
      input: JSON.stringify({ do: "submit", ...task }),
    });
    if (outcome.status !== 0) throw new Error(outcome.stderr);
    return printed(outcome) as Result;
  };
  return [
    {
      title: "takes a letter: TLS, SCRAM-SHA-256; refuses a wrong password and an unknown recipient",
      covers: shows(PART, "server"),
      run: async () => {
        const { key, cert } = await certificateOf(world);
        const { port, output } = await start({ key, cert, users: Object.fromEntries(users) });
        const account = { host: "localhost", port, user: ALICE, password: PASSWORD, ca: cert };
        await expectRejection(submit({ account: { ...account, password: "broken glass" }, letter: LETTER }), "auth: ");
        await expectRejection(submit({ account, letter: { ...LETTER, to: "nobody@example.org" } }), "rcpt: ");
        expectMechanism(await submit({ account, letter: LETTER }));
        const lines = (await output()).split("\n").filter((line) => line.startsWith("{"));
        const expected: Received = { from: ALICE, to: [BOB], content: AS_STORED };
        if (lines.join("\n") !== JSON.stringify(expected)) throw new Error(`it has taken something else: ${lines}`);
      },
    },
  ];
}
