import { RecordingError } from "dot-stuffing/recording";
import fc from "fast-check";
import { recordServer as recordPop3, replayServer as replayPop3 } from "pop3-codec/recording";
import type { SmtpServerEvent } from "smtp-codec";
import { recordServer as recordSmtp, replayServer as replaySmtp } from "smtp-codec/recording";
import { drive, octets, pull } from "tools/testing";
import { corrupted } from "../engines/transcript.ts";
import { holds, latin1, same } from "../finding.ts";
import { Choices } from "../input/choices.ts";
import { type Input, joinedOctets, octetsInput } from "../input/input.ts";
import { Random, seedOf } from "../input/random.ts";
import type { Target } from "../target.ts";
import { choices } from "./decoder.ts";
import { decide, offered, serverMechanism } from "./mechanisms.ts";
import { clientLines as pop3Lines } from "./pop3/lines.ts";
import { clientLines as smtpLines } from "./smtp/lines.ts";

const SECRET = "tanstaaftanstaaf";

/** Records a session that is fed the input. Gives the recording, and what the session sent. */
function recorded(
  protocol: "smtp" | "pop3",
  input: Input,
  settings: { readonly content: boolean; readonly secrets: boolean },
): string[] {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  const answers = new Choices(input.choices, 4);
  const bytes = joinedOctets(input);
  const middle = bytes.length >> 1;
  const chunks = [bytes.subarray(0, middle), bytes.subarray(middle)];
  type Mechanism = ReturnType<typeof serverMechanism>;
  if (protocol === "smtp") {
    const session = recordSmtp<Mechanism>(
      {
        host: "mx.example.com",
        mechanisms: offered,
        plaintextMechanismsWithoutTls: true,
        starttls: true,
        chunking: true,
      },
      write,
      settings,
    );
    drive<SmtpServerEvent<Mechanism>>(session, chunks, (event) => {
      if (event.type === "auth") session.authenticate(serverMechanism(event.mechanism));
      else if (event.type === "sasl") session.proceed(decide(event.mechanism, event.step, answers) as { type: string });
      else if (event.answer === "needed") answers.rarely() ? session.reject() : session.accept();
    });
  } else {
    const session = recordPop3<Mechanism>(
      { mechanisms: offered, plaintextWithoutTls: true, stls: true, uidl: false },
      write,
      settings,
    );
    for (const chunk of chunks) {
      session.receive(chunk.slice());
      pull(session, (event) => {
        if (event.type === "auth") session.authenticate(serverMechanism(event.mechanism));
        else if (event.type === "sasl")
          session.proceed(decide(event.mechanism, event.step, answers) as { type: string });
        else if (event.type === "pass" || event.type === "authenticated") session.accept({ sizes: [3] });
        else if (event.type === "retr" || event.type === "top")
          session.accept().content(Uint8Array.of(0x61, 0x0d, 0x0a));
        else if (event.answer === "needed") answers.rarely() ? session.reject() : session.accept();
      });
    }
  }
  return lines;
}

function run(input: Input): void {
  const protocol = new Choices(input.choices).pick<"smtp" | "pop3">("smtp", "pop3");
  const play = (lines: readonly string[]) => (protocol === "smtp" ? replaySmtp(lines) : replayPop3(lines)).run();
  const open = recorded(protocol, input, { content: true, secrets: true });
  same(play(open), null, "a recording that shows all is replayed exactly");
  const masked = recorded(protocol, input, { content: false, secrets: false });
  const text = masked.join("\n");
  const wire = latin1(joinedOctets(input));
  // What PASS names is masked wherever the session took it as such.
  const [, password] = /(?:^|\r\n)PASS ([a-z]{6,20})\r\n/.exec(wire) ?? [];
  const named = password !== undefined && (wire.match(new RegExp(password, "g")) ?? []).length === 1;
  if (protocol === "pop3" && named && open.some((line) => /^event pass /.test(line)))
    holds(!text.includes(password), "a password is shown");
  holds(!text.includes(SECRET), "a secret of the application's is shown");
  // Whatever a recording's lines say, reading it says which of them is wrong, and throws nothing else.
  const random = new Random(seedOf(wire, input.choices.length));
  for (let times = 0; times < 3; times++) {
    const lines = [...open];
    const at = random.below(lines.length);
    if (random.once(2)) lines[at] = corrupted(lines[at]!, random);
    else lines.splice(at, random.below(2), random.pick(open));
    try {
      play(lines);
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
    }
  }
}

/** Sessions written down, and gone through again. */
export const recording: Target = {
  name: "recording",
  files: ["dot-stuffing/src/recording/", "smtp-codec/src/recording/", "pop3-codec/src/recording/"],
  lines: [...smtpLines, ...pop3Lines],
  inputs: fc
    .tuple(
      fc.array(fc.constantFrom(...smtpLines, ...pop3Lines, "EHLO a\r\n", "USER tim\r\nPASS tanstaaf\r\n"), {
        maxLength: 12,
      }),
      choices,
    )
    .map(([lines, chosen]) => octetsInput(octets(lines.join("")), chosen)),
  run,
};
