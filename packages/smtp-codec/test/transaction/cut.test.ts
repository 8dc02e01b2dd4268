/** Connections cut anywhere: what the server has accepted of a message is never called certainly lost. */
import fc from "fast-check";
import { SmtpClientSession, type SmtpServerOptions, SmtpServerSession, SmtpTransaction } from "smtp-codec";
import { join, octets, runs } from "tools/testing";
import { expect, it } from "vitest";

type Verdict = "accept" | "refuse";

interface Scene {
  readonly server: Partial<SmtpServerOptions> & { readonly protocol: "smtp" | "lmtp" };
  readonly pipelining: boolean;
  readonly eagerBdat: boolean;
  readonly chunking: boolean;
  /** What the server's application says, one after the other. */
  readonly verdicts: readonly Verdict[];
  readonly recipients: number;
  readonly pieces: readonly string[] | string;
  /** How many octets come through to the server, and to the client, before the connection is cut. */
  readonly up: number;
  readonly down: number;
}

const EVER = Number.POSITIVE_INFINITY;

const scenes: fc.Arbitrary<Scene> = fc.record({
  server: fc
    .record({
      protocol: fc.constantFrom("smtp", "lmtp"),
      chunking: fc.boolean(),
      limited: fc.constantFrom({}, { limits: true, maxRecipients: 2 }),
    })
    .map(({ limited, ...options }) => ({ ...options, ...limited })),
  pipelining: fc.boolean(),
  eagerBdat: fc.boolean(),
  chunking: fc.boolean(),
  verdicts: fc.array(
    fc.oneof({ weight: 5, arbitrary: fc.constant<Verdict>("accept") }, fc.constant<Verdict>("refuse")),
    {
      maxLength: 12,
    },
  ),
  recipients: fc.integer({ min: 1, max: 5 }),
  pieces: fc.oneof(fc.string({ unit: "grapheme-ascii" }), fc.array(fc.constantFrom("one\r\n", ".", "two"))),
  up: fc.oneof(fc.constant(EVER), fc.nat({ max: 700 })),
  down: fc.oneof(fc.constant(EVER), fc.nat({ max: 700 })),
});

/** A message to two, in one flight. */
const EAGER: Omit<Scene, "up" | "down"> = {
  server: { protocol: "smtp", chunking: true },
  ...{ pipelining: true, eagerBdat: true, chunking: true, verdicts: [], recipients: 2, pieces: "hi" },
};

/** Plays a scene: those whom the server has accepted the message for, and what the client says became of it. */
function play({ server: options, pipelining, verdicts, recipients, pieces, up, down, ...rest }: Scene) {
  const server = new SmtpServerSession({ host: "mx.example.com", ...options });
  const client = new SmtpClientSession({ protocol: options.protocol, pipelining });
  const said = verdicts.values();
  const accepted: string[] = [];
  let transaction: SmtpTransaction | null = null;
  const decide = (whom: readonly string[]): void => {
    if (said.next().value === "refuse") server.reject({ code: 452 });
    else {
      accepted.push(...whom);
      server.accept();
    }
  };
  const serve = (): void => {
    for (const event of server) {
      if (event.type === "message" && event.answer === "needed") decide(event.recipients.map(({ to }) => to.address));
      else if (event.type === "delivery") decide([event.to.address]);
      else if (event.answer === "needed" || event.type === "chunk") decide([]);
    }
  };
  const send = (): void => {
    const next = () => (transaction ?? client).nextEvent();
    for (let event = next(); event !== null; event = next()) {
      if (event.type === "greeting" && event.ok) client.ehlo("client.example.com");
      else if (event.type === "ehlo" && event.ok) {
        const to = Array.from({ length: recipients }, (_, place) => `u${place}@d`);
        const content = typeof pieces === "string" ? octets(pieces) : pieces.map(octets);
        transaction = new SmtpTransaction(client, { from: "a@b", to, content: "7bit" }, { content, ...rest });
      }
    }
  };
  /** What comes through of what is sent, and how much more will. */
  const through = (sent: Uint8Array, left: number): [Uint8Array, number] => {
    const came = sent.subarray(0, left);
    return [came, left - came.length];
  };
  for (let moved = true; moved; ) {
    serve();
    const [replies, fewer] = through(join(server.takeOutputPieces()), down);
    client.receive(replies);
    send();
    const [commands, less] = through(join(client.takeOutputPieces()), up);
    server.receive(commands);
    moved = replies.length + commands.length > 0;
    [down, up] = [fewer, less];
  }
  client.receiveEnd();
  send();
  // What came in before the end was cut off is answered all the same.
  server.receiveEnd();
  serve();
  const report = (transaction as SmtpTransaction | null)?.report;
  return { accepted, reports: report?.recipients ?? [] };
}

it("[SMTP-3.8-4] whatever is cut where, nobody whom the server has accepted the message for is called lost", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(scenes, (scene) => {
      const { accepted, reports } = play(scene);
      for (const { to, outcome } of reports) {
        const isAccepted = accepted.includes(to.address);
        seen.add(`${outcome}, ${isAccepted ? "accepted" : "not"}`);
        if (isAccepted) expect(["accepted", "unknown"]).toContain(outcome);
        else expect(outcome).not.toBe("accepted");
      }
    }),
    {
      numRuns: runs(5),
      examples: [
        { up: EVER, down: 200 }, // the reply to the message is lost
        { up: EVER, down: EVER },
        { up: 80, down: EVER }, // the end of the content is
        { up: EVER, down: 200, chunking: false }, // those to the envelope are
        { up: EVER, down: EVER, verdicts: ["accept", "refuse" as const] },
      ].map((cut) => [{ ...EAGER, ...cut }]),
    },
  );
  for (const each of [
    "accepted, accepted",
    "unknown, accepted",
    "unknown, not",
    "not-accepted, not",
    "transient, not",
  ]) {
    expect([...seen]).toContain(each);
  }
});
