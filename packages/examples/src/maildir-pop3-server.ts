/**
 * A POP3 server over Maildirs: a folder for each user, as `lmtp-receiver.ts` fills them, and the file of users that
 * `submission-server.ts --add` makes.
 *
 *     pnpm -C packages/examples exec tsx src/maildir-pop3-server.ts --users /tmp/users --folder /tmp/maildirs \
 *       --port 1100
 */
import { type Pop3ServerEvent, Pop3ServerSession } from "pop3-codec";
import { sizeAsSent } from "pop3-codec/syntax";
import type { SaslServer } from "sasl";
import { saslprep } from "sasl/saslprep";
import { main, readArguments, readPort, required } from "./cli/arguments.ts";
import { announce, closeOnSignal, readTls } from "./cli/world.ts";
import { folderOf } from "./lmtp-receiver.ts";
import { Maildir, type MaildirMessage, readMessage } from "./storage/maildir.ts";
import { Users } from "./storage/users.ts";
import { drive } from "./transport/drive.ts";
import { Listener } from "./transport/listener.ts";
import { type ServerTls, tlsServer } from "./transport/node.ts";

export interface MaildirServerOptions {
  readonly users: Users;
  /** Has a Maildir for each user. */
  readonly folder: string;
  readonly tls: ServerTls;
}

export function createMaildirServer({ users, folder, tls }: MaildirServerOptions): Listener {
  const open = new Set<string>(); // a maildrop is open in one session at a time (RFC 1939 §4)

  return new Listener(async (connection, signal) => {
    const session = new Pop3ServerSession<SaslServer>({
      stls: true,
      mechanisms: [...users.mechanisms.keys()],
      prepare: saslprep,
    });
    let user: string | null = null;
    let maildir: Maildir | null = null;
    let messages: MaildirMessage[] = [];

    /** The credentials are good: the messages that are there now are the session's. */
    const logIn = async (name: string): Promise<void> => {
      if (open.has(name)) {
        session.reject({ code: "IN-USE", text: "another session has this maildrop open" });
        return;
      }
      open.add(name);
      user = name;
      maildir = await Maildir.open(folderOf(folder, name));
      messages = await maildir.list();
      const sizes: number[] = []; // a server for many messages would keep them, in the files' names for instance
      for (const message of messages) sizes.push(sizeAsSent(await readMessage(message)));
      session.accept({ sizes, uniqueIds: messages.map(({ uniqueId }) => uniqueId) });
    };

    const on = async (event: Pop3ServerEvent<SaslServer>): Promise<void> => {
      switch (event.type) {
        case "pass":
          if (users.isPassword(event.name, event.password)) await logIn(event.name);
          else session.reject();
          break;
        case "auth":
          session.authenticate(users.mechanisms.get(event.mechanism)!(connection));
          break;
        case "sasl":
          session.proceed(users.answer(event.mechanism, event.step));
          break;
        case "authenticated":
          await logIn(event.authorizationIdentity);
          break;
        case "retr":
        case "top": {
          // Somebody else may have removed the file meanwhile.
          const content = await readMessage(messages[event.number - 1]!).catch(() => null);
          if (content === null) session.reject({ code: "SYS/TEMP", text: "the message cannot be read" });
          else session.accept().content(content);
          break;
        }
        case "quit":
          // Only here is anything removed: a connection that is lost leaves every message where it is.
          await maildir?.remove(event.deleted.map((number) => messages[number - 1]!));
          session.accept();
          break;
      }
    };
    try {
      await drive(session, connection, { on, signal });
    } finally {
      if (user !== null) open.delete(user);
    }
  }, tlsServer(tls));
}

await main(import.meta.url, async () => {
  const usage = `usage: pnpm -C packages/examples exec tsx src/maildir-pop3-server.ts [options]
  --users FILE         the users, as submission-server.ts --add writes them
  --folder FOLDER      has a Maildir for each user
  --port N             the port to listen on; default: any that is free
  --key FILE           the TLS key in PEM, with --cert; default: a certificate made at the start, which nobody trusts
  --cert FILE
  --help
`;
  const { values } = readArguments(usage, {
    users: "path",
    folder: "path",
    port: "string",
    key: "path",
    cert: "path",
  });
  const server = createMaildirServer({
    users: await Users.load(required(values.users, "users", usage)),
    folder: required(values.folder, "folder", usage),
    tls: await readTls(values.key, values.cert),
  });
  announce("POP3", await server.listen(readPort(values.port, usage)));
  closeOnSignal(server);
});
