import fc from "fast-check";
import type { SmtpServerEvent, SmtpServerOptions } from "smtp-codec";
import { formatCommand, SmtpServerSession } from "smtp-codec";
import { commands, hostileSessions, sessions } from "smtp-codec/arbitraries";
import { holds } from "../../finding.ts";
import { Choices } from "../../input/choices.ts";
import { type Input, type Op, octetsInput } from "../../input/input.ts";
import type { Target } from "../../target.ts";
import { choices } from "../decoder.ts";
import { decide, offered, serverMechanism } from "../mechanisms.ts";
import { checkSession, type Play, type SessionEvent, type SessionSetting } from "../session.ts";
import { clientLines } from "./lines.ts";
import { observe } from "./observer.ts";
import { possible } from "./possible.ts";
import { checkTransactions } from "./server-model.ts";

/** How many choices the options take. */
const OPTIONS = 12;

function optionsOf(choices: Choices, protocol: "smtp" | "lmtp"): SmtpServerOptions {
  return possible({
    host: "mx.example.com",
    protocol: protocol === "lmtp" ? "lmtp" : "smtp",
    lineEndings: choices.pick("reject", "normalize", "preserve"),
    mechanisms: choices.pick(offered, []),
    plaintextMechanismsWithoutTls: true,
    ...choices.pick<Partial<SmtpServerOptions>>({ chunking: true, binaryMime: true }, {}, { chunking: true }),
    smtputf8: choices.pick(false, true),
    starttls: choices.pick(true, false),
    requireTls: choices.rarely(8),
    requireAuth: choices.rarely(8),
    ...(choices.rarely()
      ? { limits: true, maxRecipients: 2, maxTransactions: 2, maxRecipientDomains: 1, maxErrors: 3 }
      : {}),
    ...(choices.rarely()
      ? { dsn: true, rrvs: true, expn: true, xclient: ["NAME", "ADDR", "LOGIN"], xforward: ["NAME", "HELO"] }
      : {}),
    maxMessageSize: 65_536,
    maxAuthFailures: choices.pick(10, 3),
    highWaterMark: choices.pick(65_536, 0, 200),
    ...(protocol === "smtp" ? { etrn: choices.pick(false, true) } : {}),
    ...(choices.rarely(6)
      ? { leniencies: { pathWithoutBrackets: true, mailWithoutHello: true, extensionsAfterHelo: true } }
      : {}),
  });
}

/** An application that mostly accepts. */
function application(options: SmtpServerOptions, answers: Choices): Play {
  let mechanism: ReturnType<typeof serverMechanism> | null = null;
  const session = new SmtpServerSession(options);
  let refuses = false;
  const play: Play = {
    session: session as Play["session"],
    restore() {
      play.session = SmtpServerSession.restore(
        structuredClone(now().snapshot()),
        options,
        mechanism,
      ) as Play["session"];
    },
    // The first piece of content that is refused: another cut would have made it shorter or longer.
    hides: ({ type }) => type === "content" && refuses,
    answer(given: SessionEvent) {
      const event = given as SmtpServerEvent<ReturnType<typeof serverMechanism>>;
      if (event.type === "content") {
        if (refuses) now().reject({ code: 554, text: "no such content" });
        refuses = false;
        return;
      }
      if (event.type === "auth") {
        mechanism = serverMechanism(event.mechanism);
        now().authenticate(mechanism);
      } else if (event.type === "sasl") now().proceed(decide(event.mechanism, event.step, answers) as { type: string });
      else if (event.type === "data" || event.type === "bdat") {
        const choice = answers.below(8);
        refuses = choice === 6;
        if (choice === 7) now().reject();
      } else if (event.answer === "needed") answers.rarely(6) ? now().reject() : now().accept();
      else if (event.answer === "default" && answers.below(16) === 15 && REPLACED.has(event.type)) now().reject();
    },
  };
  const now = () => play.session as unknown as SmtpServerSession<ReturnType<typeof serverMechanism>>;
  return play;
}

/**
 * Events with a default that an application sometimes refuses. RSET and QUIT cannot be (RFC 5321 §4.1.1.5, §4.1.1.10).
 */
const REPLACED: ReadonlySet<string> = new Set(["connect", "ehlo", "starttls", "chunk", "help", "vrfy"]);

function setting(input: Input, protocol: "smtp" | "lmtp"): SessionSetting {
  const chosen = () => new Choices(input.choices);
  const options = optionsOf(chosen(), protocol);
  return {
    start: () => application(options, new Choices(input.choices, OPTIONS)),
    keeps: 600_000,
    check(played) {
      for (const line of played.output.split("\r\n").slice(0, -1))
        if (!/^[2-5][0-5]\d[ -][ -~]*$/.test(line)) throw new Error(`no reply line: ${line}`);
      const events = played.events as SmtpServerEvent[];
      checkTransactions(events);
      const cancels = events.filter((event) => event.type === "authentication-failed" && event.cause === "cancelled");
      const asterisks = played.given.flatMap((segment) => segment.split("\r\n").filter((line) => line === "*"));
      holds(cancels.length <= asterisks.length, "only the line * cancels");
      observe(played, options);
    },
  };
}

/** Pipelined commands of any kind, some of the usual dialogue among them. */
const dialogue: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...clientLines) },
      { weight: 2, arbitrary: commands({ lenient: true }).map((command) => utf8(formatCommand(command))) },
      { weight: 1, arbitrary: fc.constant("EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n..y\r\n.\r\n") },
      { weight: 1, arbitrary: fc.constant("LHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@d>\r\n") },
    ),
    { maxLength: 14 },
  )
  .map((lines) => Buffer.from(lines.join(""), "latin1"));

/** Text as octets in UTF-8, one character each. */
function utf8(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** Whole sessions, those of hostile clients too, a flight an operation. */
const scripts: fc.Arbitrary<Op[]> = fc
  .oneof(
    hostileSessions().map(({ flights }) => flights),
    sessions({ chunking: true }).map(({ flights }) => flights),
  )
  .map((flights) => flights.map(({ bytes }) => ({ kind: "octets", bytes })));

function target(name: string, protocol: "smtp" | "lmtp"): Target {
  const hello = protocol === "lmtp" ? "LHLO a\r\n" : "EHLO a\r\n";
  return {
    name,
    files: ["smtp-codec/src/server/"],
    lines: clientLines,
    inputs: fc.oneof(
      {
        weight: 3,
        arbitrary: fc
          .tuple(dialogue, choices, fc.boolean())
          .map(([bytes, chosen, greets]) =>
            withTls(octetsInput(new Uint8Array(Buffer.concat([Buffer.from(greets ? hello : ""), bytes])), chosen)),
          ),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(scripts, choices).map(([ops, chosen]): Input => withTls({ choices: chosen, ops })),
      },
    ),
    run: (input) => checkSession(setting(input, protocol), input),
  };
}

/** Puts a handshake after every line that asks for one. */
export function withTls(input: Input): Input {
  return {
    ...input,
    ops: input.ops.flatMap((op) =>
      op.kind === "octets" && /^ST(ARTT)?LS\r\n/.test(Buffer.from(op.bytes).toString("latin1"))
        ? [op, { kind: "tls" as const }]
        : [op],
    ),
  };
}

export const smtpServer = target("smtp-server", "smtp");
export const lmtpServer = target("lmtp-server", "lmtp");
