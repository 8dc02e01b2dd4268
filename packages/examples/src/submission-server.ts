/**
 * A submission server (RFC 6409): TLS, SCRAM, and a file of users. What it takes goes into a queue: `ID.eml` is the
 * message, `ID.json` the envelope, written last, so that a queue manager that waits for it finds a whole message.
 *
 *     pnpm -C packages/examples exec tsx src/submission-server.ts --users /tmp/users --add alice@example.org \
 *       --password wonderland
 *     pnpm -C packages/examples exec tsx src/submission-server.ts --users /tmp/users --queue /tmp/queue --port 2587
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { SaslServer } from "sasl";
import { saslprep } from "sasl/saslprep";
import { type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import { main, readArguments, readPort, required } from "./cli/arguments.ts";
import { announce, closeOnSignal, readTls } from "./cli/world.ts";
import { IncomingMessage } from "./storage/incoming-message.ts";
import { writeDurably } from "./storage/new-file.ts";
import { setPassword, Users } from "./storage/users.ts";
import { drive } from "./transport/drive.ts";
import { Listener } from "./transport/listener.ts";
import { type ServerTls, tlsServer } from "./transport/node.ts";

export interface SubmissionOptions {
  readonly users: Users;
  /** Where messages go. */
  readonly queue: string;
  readonly tls: ServerTls;
  /** Default `"localhost"`. */
  readonly host?: string;
}

export function createSubmissionServer({ users, queue, tls, host = "localhost" }: SubmissionOptions): Listener {
  return new Listener(async (connection, signal) => {
    const session = new SmtpServerSession<SaslServer>({
      host,
      protocol: "submission", // AUTH before MAIL, DSN offered
      starttls: true,
      requireTls: true,
      mechanisms: [...users.mechanisms.keys()],
      chunking: true,
      smtputf8: true,
      prepare: saslprep,
    });
    let user = "";
    const message = new IncomingMessage(queue, session);

    const on = async (event: SmtpServerEvent<SaslServer>): Promise<void> => {
      switch (event.type) {
        case "auth":
          session.authenticate(users.mechanisms.get(event.mechanism)!(connection));
          break;
        case "sasl":
          session.proceed(users.answer(event.mechanism, event.step));
          break;
        case "authenticated":
          user = event.authorizationIdentity;
          break;
        case "mail":
          // Nobody sends as somebody else (RFC 6409 §6.1).
          if (event.from.address === user) session.accept();
          else session.reject({ code: 553, enhanced: "5.7.1", text: "this sender address is not yours" });
          break;
        case "rcpt":
          session.accept();
          break;
        case "content":
          await message.write(event.bytes);
          break;
        case "message": {
          const id = randomUUID();
          const { from, recipients, parameters } = event;
          const to = recipients.map((each) => ({ address: each.to.address, parameters: each.parameters }));
          const envelope = JSON.stringify({ user, from: from.address, parameters, to });
          // The envelope last: one that has its name is queued, and a message without an envelope is nothing.
          const after = () => writeDurably(join(queue, `${id}.json`), envelope);
          if (await message.commit(join(queue, `${id}.eml`), { after })) session.accept(`queued as ${id}`);
          break;
        }
        case "refused":
        case "aborted":
          await message.forget();
          break;
      }
    };
    try {
      await drive(session, connection, { on, signal });
    } finally {
      await message.forget();
    }
  }, tlsServer(tls));
}

await main(import.meta.url, async () => {
  const usage = `usage: pnpm -C packages/examples exec tsx src/submission-server.ts --users FILE [options]
  --add NAME           adds a user to the file, and ends; with --password
  --password WORD
  --queue FOLDER       where messages go
  --port N             the port to listen on; default: any that is free
  --key FILE           the TLS key in PEM, with --cert; default: a certificate made at the start, which nobody trusts
  --cert FILE
  --help
`;
  const known = { users: "path", add: "string", password: "string", queue: "path" } as const;
  const { values } = readArguments(usage, { ...known, port: "string", key: "path", cert: "path" });
  const path = required(values.users, "users", usage);
  if (values.add !== undefined) await setPassword(path, values.add, required(values.password, "password", usage));
  else {
    const server = createSubmissionServer({
      users: await Users.load(path),
      queue: required(values.queue, "queue", usage),
      tls: await readTls(values.key, values.cert),
    });
    announce("submission", await server.listen(readPort(values.port, usage)));
    closeOnSignal(server);
  }
});
