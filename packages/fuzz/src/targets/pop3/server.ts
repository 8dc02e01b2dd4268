import fc from "fast-check";
import {
  formatCommand,
  type Maildrop,
  type Pop3ServerEvent,
  type Pop3ServerOptions,
  Pop3ServerSession,
} from "pop3-codec";
import { command, hostileSession } from "pop3-codec/arbitraries";
import { octets } from "tools/testing";
import { holds, same } from "../../finding.ts";
import { Choices } from "../../input/choices.ts";
import { type Input, octetsInput } from "../../input/input.ts";
import type { Target } from "../../target.ts";
import { choices } from "../decoder.ts";
import { decide, offered, serverMechanism } from "../mechanisms.ts";
import { checkSession, type Play, type SessionEvent, type SessionSetting } from "../session.ts";
import { withTls } from "../smtp/server.ts";
import { clientLines } from "./lines.ts";

type Server = Pop3ServerSession<ReturnType<typeof serverMechanism>>;

const OPTIONS = 12;
const MESSAGES = ["Subject: one\r\n\r\n.dot\r\nlast\r\n", "Subject: two\n\n.\nbare\n", "no end", ""];
const MAILDROP: Maildrop = { sizes: [28, 25, 8, 0], uniqueIds: ["uid-1", "uid-2", "uid-3", "uid-4"] };

function optionsOf(choices: Choices): Pop3ServerOptions {
  const options: Pop3ServerOptions = {
    greeting: "ready",
    plaintextWithoutTls: choices.pick(true, false),
    mechanisms: choices.pick<readonly string[]>(offered, []),
    stls: choices.pick(true, false),
    utf8: choices.pick<boolean | "user">(false, true, "user"),
    languages: choices.pick<Pop3ServerOptions["languages"] & {}>(
      [],
      [
        { language: "en", text: "English" },
        { language: "de", text: "Deutsch" },
      ],
    ),
    apop: choices.pick({ timestamp: "<1896.697170952@dbc.mtview.ca.us>" }, null),
    ...(choices.rarely() ? { expire: { days: 0 }, loginDelay: { seconds: 9 } } : {}),
    maxErrors: choices.pick(100, 3),
    maxFailedLogins: choices.pick(10, 2),
    highWaterMark: choices.pick(65_536, 0, 30),
    ...(choices.rarely() ? { leniencies: { keepName: true, bareLineFeed: true } } : {}),
  };
  // Without a way to log in there is no server.
  const open = options.plaintextWithoutTls || options.apop !== null || options.mechanisms?.length !== 0;
  return open ? options : { ...options, stls: true };
}

function application(options: Pop3ServerOptions, answers: Choices): Play {
  let mechanism: ReturnType<typeof serverMechanism> | null = null;
  let wanted: number | null = null;
  const play: Play = {
    session: new Pop3ServerSession(options) as unknown as Play["session"],
    restore() {
      const snapshot = structuredClone(now().snapshot());
      play.session = Pop3ServerSession.restore(snapshot, options, mechanism) as unknown as Play["session"];
    },
    answer(given: SessionEvent) {
      const event = given as Pop3ServerEvent<ReturnType<typeof serverMechanism>>;
      if (event.type === "auth") {
        mechanism = serverMechanism(event.mechanism);
        now().authenticate(mechanism);
      } else if (event.type === "sasl") now().proceed(decide(event.mechanism, event.step, answers) as { type: string });
      else if (event.type === "pass" || event.type === "apop" || event.type === "authenticated") {
        answers.rarely(5) ? now().reject() : now().accept(MAILDROP);
      } else if (event.type === "retr" || event.type === "top") {
        if (answers.rarely(8)) now().reject();
        else {
          now().accept();
          wanted = event.number;
        }
      } else if (event.answer === "needed") answers.rarely(6) ? now().reject() : now().accept();
      else if (
        event.answer === "default" &&
        answers.below(16) === 15 &&
        event.type !== "unknown" &&
        event.type !== "violation"
      )
        now().reject();
    },
    act() {
      if (wanted === null || play.session.waiting !== "content") return false;
      const message = octets(MESSAGES[wanted - 1]!);
      wanted = null;
      const middle = message.length >> 1;
      now().content([message.subarray(0, middle), message.subarray(middle)]);
      return true;
    },
  };
  const now = () => play.session as unknown as Server;
  return play;
}

function setting(input: Input): SessionSetting {
  const options = optionsOf(new Choices(input.choices));
  return {
    start: () => application(options, new Choices(input.choices, OPTIONS)),
    keeps: 400_000,
    check(played) {
      checkEvents(
        played.events as readonly Pop3ServerEvent[],
        input.choices.slice(OPTIONS).some((choice) => choice % 16 === 15),
      );
      observe(played.given, played.output, played.events as readonly Pop3ServerEvent[], options);
    },
  };
}

/** What is asked for is in an open maildrop, and not deleted. */
function checkEvents(events: readonly Pop3ServerEvent[], refuses: boolean): void {
  const deleted = new Set<number>();
  for (const [at, event] of events.entries()) {
    holds(event.type !== "closed" || at === events.length - 1, "closed is the last event");
    if (event.type === "retr" || event.type === "top" || event.type === "dele") {
      holds(event.number >= 1 && event.number <= MESSAGES.length, "a message that there is");
      holds(!deleted.has(event.number), "a message that is not deleted");
    }
    if (event.type === "rset") deleted.clear();
    // Only the application's refusal leaves the message, and it comes rarely: then nothing is known.
    if (event.type === "dele" && !refuses) deleted.add(event.number);
    if (event.type === "quit") {
      for (const number of event.deleted) {
        const asked = events.slice(0, at).some((other) => other.type === "dele" && other.number === number);
        holds(asked, "only what DELE named is deleted");
      }
    }
    if (event.type === "size-differs") holds(false, () => `sent ${event.sent} octets in place of ${event.announced}`);
  }
}

/** Each line of the client has one response: a piece of a line that was run as a command would have one more. */
function observe(
  given: readonly (string | "tls")[],
  output: string,
  events: readonly Pop3ServerEvent[],
  options: Pop3ServerOptions,
): void {
  const lines = output.split("\r\n").slice(0, -1);
  for (const line of lines) holds(/^[ -~\x80-\xff]*$/.test(line), () => `no response line: ${line}`);
  if (options.leniencies?.bareLineFeed) return;
  // Content and listings are lines too: what is counted is events that answer a command.
  const commands = events.filter(
    ({ type }) =>
      !["connect", "login-failed", "size-differs", "closed", "sasl", "authenticated", "authentication-failed"].includes(
        type,
      ),
  );
  const plaintext = events.filter(
    (event) => event.type === "violation" && (event.code === "plaintext-behind-stls" || event.fatal),
  );
  let arrived = 0;
  for (const segment of given) {
    if (segment === "tls") continue;
    arrived += segment.split("\r\n").length - 1;
    const rest = segment.split("\r\n").at(-1)!;
    // What is wrong with a line can be known before its end.
    if (/[\r\n\0]/.test(rest) || rest.length > 250) arrived++;
  }
  holds(commands.length - plaintext.length <= arrived, () => `${commands.length} commands of ${arrived} lines`);
  for (const line of given.length === 1 ? given[0]!.split("\r\n").slice(0, -1) : []) {
    // What counts as a command that no document has fits 255 octets with its CRLF.
    const taken = events.some(
      (event) => event.type === "unknown" && event.argument !== null && line === `${event.verb} ${event.argument}`,
    );
    holds(!taken || line.length + 2 <= 255, "a line above 255 octets is taken");
  }
  if (options.maxErrors === 100)
    same(
      events.some((event) => event.type === "violation" && event.code === "too-many-errors" && commands.length < 100),
      false,
      "too many errors",
    );
}

const dialogue: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...clientLines) },
      { weight: 2, arbitrary: command().map((value) => Buffer.from(formatCommand(value)).toString("latin1")) },
      {
        weight: 6,
        arbitrary: fc
          .tuple(fc.constantFrom("DELE", "DELE", "RETR", "TOP", "LIST", "UIDL"), fc.integer({ min: 1, max: 4 }))
          .map(([verb, number]) => `${verb} ${number}${verb === "TOP" ? " 1" : ""}\r\n`),
      },
      { weight: 2, arbitrary: fc.constant("USER tim\r\nPASS tanstaaf\r\n") },
    ),
    { maxLength: 14 },
  )
  .map((lines) => octets(lines.join("")));

/** A server with four messages, and a client that sends anything. */
export const pop3Server: Target = {
  name: "pop3-server",
  files: ["pop3-codec/src/server/"],
  lines: clientLines,
  inputs: fc.oneof(
    {
      weight: 3,
      arbitrary: fc.tuple(dialogue, choices, fc.boolean()).map(([bytes, chosen, logsIn]) => {
        const login = octets(logsIn ? "USER tim\r\nPASS tanstaaf\r\n" : "");
        return withTls(octetsInput(new Uint8Array(Buffer.concat([login, bytes])), chosen));
      }),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(hostileSession(), choices)
        .map(
          ([{ flights }, chosen]): Input =>
            withTls({ choices: chosen, ops: flights.map((bytes) => ({ kind: "octets", bytes })) }),
        ),
    },
  ),
  run: (input) => checkSession(setting(input), input),
};
