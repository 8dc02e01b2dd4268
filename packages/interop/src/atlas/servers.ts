/** The questions to servers, put to one that runs. */
import type { Asked } from "../check.ts";
import type { SmtpServer } from "../checks/smtp-server.ts";
import { ALICE, PASSWORD } from "../world.ts";
import type { Answer } from "./answer.ts";
import { askAll, notAsked, pooled } from "./ask.ts";
import { askServer, bodiesOf, type Target } from "./ask-server.ts";
import { serverAnswer } from "./classify-server.ts";
import { toText } from "./octets.ts";
import type { ServerQuestion } from "./questions/question.ts";

/** So many questions are put at a time. */
const AT_A_TIME = 8;

export function askSmtpServer(server: SmtpServer, questions: readonly ServerQuestion[]): Promise<Answer[]> {
  const { part, ports, inbox, requiredLogin } = server;
  const target: Target = {
    port: ports.none ?? ports.STARTTLS!,
    protocol: part.protocol === "LMTP" ? "LMTP" : "SMTP",
    login: requiredLogin === undefined ? null : { user: server.user ?? ALICE, password: PASSWORD },
    tls: ports.none === undefined,
  };
  return askAll(questions, async (all) => {
    await inbox.take();
    const seen = await pooled(all, AT_A_TIME, (question) => askServer(target, question).catch(notAsked));
    const stored = await inbox.take().then(
      (messages) => messages.map(({ octets }) => toText(octets)),
      () => null,
    );
    return all.map((question, at) => {
      const events = seen[at]!;
      if ("words" in events) return events;
      return serverAnswer(question, events, stored && bodiesOf(question, stored));
    });
  });
}

/** A maildrop is open in one session at a time: one question after the other. */
export async function askPop3Server(server: Asked, questions: readonly ServerQuestion[]): Promise<Answer[]> {
  const { ports, user, fill } = server;
  const target: Target = {
    port: ports.none ?? ports.STARTTLS!,
    protocol: "POP3",
    login: { user, password: PASSWORD },
    tls: ports.none === undefined,
  };
  await fill?.([message("first"), message("second")]);
  return askAll(questions, (all) =>
    pooled(all, 1, async (question) => {
      try {
        return serverAnswer(question, await askServer(target, question), null);
      } catch (error) {
        return notAsked(error);
      }
    }),
  );
}

function message(subject: string): Uint8Array {
  return Buffer.from(
    `From: Alice <alice@example.org>\r\nTo: Bob <bob@example.org>\r\nSubject: ${subject}\r\n\r\na\r\n`,
  );
}
