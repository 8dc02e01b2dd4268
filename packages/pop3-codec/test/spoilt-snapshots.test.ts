import {
  type LoginOptions,
  Pop3ClientSession,
  type Pop3ServerEvent,
  type Pop3ServerOptions,
  Pop3ServerSession,
  type SaslClient,
  type SaslServer,
  type SessionSnapshot,
} from "pop3-codec";
import { type Attempts, attempts, clientSnapshots, fake, faultsOf, goOnAsClient, octets } from "tools/testing";
import { expect, it } from "vitest";
import { echo, HELLO } from "./client/support.ts";

const ATTEMPTS = 200;
const OPTIONS: Pop3ServerOptions = {
  ...{ plaintextWithoutTls: true, mechanisms: ["ECHO", "ASK"], utf8: true, apop: { timestamp: "<1.2@x>" } },
  languages: [{ language: "en", text: "English" }],
};

function answer(session: Pop3ServerSession<SaslServer>, event: Pop3ServerEvent): void {
  if (event.type === "auth") session.authenticate(fake(event.mechanism));
  else if (event.type === "sasl") session.proceed({ type: "failure", text: "no" });
  else if (event.type === "pass" || event.type === "apop" || event.type === "authenticated")
    session.accept({ sizes: [10, 20], uniqueIds: ["a", "b"] });
  else if (event.answer === "needed") session.accept();
}

it.each<[string, string, number?]>([
  ["listings, and a message", "CAPA\r\nUSER a\r\nPASS b\r\nSTAT\r\nLIST\r\nLIST 1\r\nUIDL 2\r\nRETR 1\r\n"],
  ["languages, and a part of a message", "USER a\r\nPASS b\r\nLANG\r\nLANG en\r\nUTF8\r\nDELE 1\r\nTOP 2 1\r\n"],
  ["AUTH", "AUTH ASK\r\n\r\nAUTH\r\nAUTH ECHO ZGF0YQ==\r\n\r\nQUIT\r\n"],
  ["APOP", "X\r\nAPOP a c4c9334bac560ecc979e58001b3e22fb\r\nRETR 1\r\n"],
  ["a listing that is made as it is taken", "USER a\r\nPASS b\r\nLIST\r\n", 0],
])(
  "a server's snapshot with a field that is something else is refused by name, or its work ends: %s",
  (_, input, highWaterMark = 65_536) => {
    const options = { ...OPTIONS, highWaterMark };
    const session = new Pop3ServerSession<SaslServer>(options);
    const snapshots: SessionSnapshot[] = [session.snapshot()];
    session.receive(octets(input));
    do {
      for (const event of session) {
        snapshots.push(session.snapshot());
        answer(session, event);
        snapshots.push(session.snapshot());
      }
      snapshots.push(session.snapshot());
    } while (highWaterMark === 0 && session.takeOutput() !== null);
    if (session.waiting === "content") session.write(octets("x\r\ny\r"));
    snapshots.push(session.snapshot());
    const goOn = (restored: Pop3ServerSession<SaslServer>, { attempt, count }: Attempts) => {
      const pull = () => {
        for (const event of restored) {
          count();
          answer(restored, event);
        }
        if (restored.waiting === "content") restored.content(octets("x\r\n.y\r\n"));
        while (restored.takeOutput() !== null) count();
      };
      attempt(pull);
      attempt(() => restored.receive(octets("STAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nDELE 2\r\nRSET\r\nQUIT\r\n")));
      attempt(pull);
      attempt(pull);
      attempt(() => restored.shutdown());
      attempt(() => restored.receiveEnd());
      attempt(pull);
    };
    const restore = (snapshot: SessionSnapshot) =>
      Pop3ServerSession.restore<SaslServer>(snapshot, options, fake("ECHO"), null);
    expect(faultsOf(snapshots, restore, (restored) => goOn(restored, attempts(ATTEMPTS)))).toEqual([]);
  },
);

type Step = string | ((session: Pop3ClientSession) => void);
const LOGIN: LoginOptions = { name: "tim", password: "tanstaaf", method: "USER", stls: "never" };
const CAPA = "+OK\r\nPIPELINING\r\nUSER\r\nSASL ECHO\r\nUIDL\r\nTOP\r\nEXPIRE 9 USER\r\n.\r\n";
const OK = "+OK\r\n";

it.each<[string, readonly Step[]]>([
  [
    "login(), listings, and a message",
    [
      (session) => session.login(LOGIN),
      CAPA,
      OK,
      OK,
      (session) => session.stat().list().uidl().retr(1, 9),
      "+OK 1 12\r\n+OK\r\n1 12\r\n",
      `.\r\n${OK}1 a\r\n.\r\n${OK}a\r`,
    ],
  ],
  ["AUTH", [(session) => session.auth(echo("all"), { force: true }), `+ ${btoa("ask")}\r\n`, "-ERR no\r\n"]],
  ["USER", [(session) => session.user("a").pass("b"), OK, OK, (session) => session.dele(1).quit(), OK]],
])("a client's snapshot with a field that is something else is refused by name, or its work ends: %s", (_, steps) => {
  const session = new Pop3ClientSession<SaslClient>({ plaintextWithoutTls: true });
  const snapshots = clientSnapshots(session, [HELLO, ...steps]);
  const said = ["1 10\r\n.\r\n", "+ eWVz\r\n", "+OK 1 2\r\n", "-ERR no\r\n", OK];
  const restore = (snapshot: SessionSnapshot) =>
    Pop3ClientSession.restore<SaslClient>(snapshot, { plaintextWithoutTls: true }, echo("all"), LOGIN);
  const goOn = (restored: Pop3ClientSession<SaslClient>) =>
    goOnAsClient(restored, attempts(ATTEMPTS), said, () => restored.user("x").pass("x"));
  expect(faultsOf(snapshots, restore, goOn)).toEqual([]);
});
