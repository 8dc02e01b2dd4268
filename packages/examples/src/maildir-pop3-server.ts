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
import { Maildir, type MaildirMessage } from "./storage/maildir.ts";
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
    let path: string | null = null; // of the user's Maildir, once it is open
    let maildir: Maildir | null = null;
    let messages: MaildirMessage[] = [];

    /** The credentials are good: the messages that are there now are the session's. */
    const logIn = async (user: string): Promise<void> => {
      const folderOfUser = folderOf(folder, user);
      if (open.has(folderOfUser)) {
        session.reject({ code: "IN-USE", text: "another session has this maildrop open" });
        return;
      }
      open.add(folderOfUser);
      path = folderOfUser;
      try {
        maildir = await Maildir.open(path);
        messages = [];
        const sizes: number[] = []; // a server for many messages would keep them, in the files' names for instance
        for (const message of await maildir.list()) {
          const content = await maildir.read(message);
          if (content === null) continue; // somebody else has removed it meanwhile
          messages.push(message);
          sizes.push(sizeAsSent(content));
        }
        session.accept({ sizes, uniqueIds: messages.map(({ uniqueId }) => uniqueId) });
      } catch {
        release();
        session.reject({ code: "SYS/TEMP", text: "the maildrop cannot be read" });
      }
    };

    const release = (): void => {
      if (path !== null) open.delete(path);
      path = null;
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
          // Somebody else may have removed it meanwhile.
          const content = await maildir!.read(messages[event.number - 1]!).catch(() => null);
          if (content === null) session.reject({ code: "SYS/TEMP", text: "the message cannot be read" });
          else session.accept().content(content);
          break;
        }
        case "quit":
          // Only here is anything removed: a connection that is lost leaves every message where it is.
          if ((await maildir?.remove(event.deleted.map((number) => messages[number - 1]!))) ?? true) session.accept();
          else session.reject();
          release(); // now, and not when the client has closed its side: the next session may come before that
          break;
      }
    };
    try {
      await drive(session, connection, { on, signal });
    } finally {
      release();
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
