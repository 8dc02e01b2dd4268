import {
  type SaslClient,
  type SaslServer,
  type SessionSnapshot,
  SmtpClientSession,
  type SmtpServerEvent,
  type SmtpServerOptions,
  SmtpServerSession,
} from "smtp-codec";
import { type Attempts, attempts, clientSnapshots, faultsOf, goOnAsClient, octets } from "tools/testing";
import { expect, it } from "vitest";
import { echo, GREETING, offer } from "./client/support.ts";
import { EHLO, fake, MAIL, RCPT } from "./support.ts";

const BASE: SmtpServerOptions = {
  ...{ host: "mx.example.com", chunking: true, mechanisms: ["ECHO", "ASK"], requireAuth: false },
  ...{ maxRecipientDomains: 3, xclient: ["ADDR", "LOGIN"], xforward: ["NAME"] },
};

function answer(session: SmtpServerSession<SaslServer>, event: SmtpServerEvent, accepts: boolean): void {
  if (event.type === "auth") session.authenticate(fake(event.mechanism));
  else if (event.type === "sasl") session.proceed({ type: "failure", text: "no" });
  else if (event.answer === "needed") accepts ? session.accept() : session.reject();
}

const ATTEMPTS = 200;

it.each<[string, string, SmtpServerOptions, boolean]>([
  ["DATA", `${EHLO}${MAIL}${RCPT}DATA\r\n..x\r\n.\r\nXFORWARD NAME=a\r\nVRFY x\r\nFOO\r\n${MAIL}`, BASE, true],
  ["a refused message", `${EHLO}${MAIL}${RCPT}DATA\r\n..x\na\r\n.\r\n`, BASE, true],
  ["BDAT", `${EHLO}BDAT 5\r\nQUIT\r${MAIL}${RCPT}BDAT 2\r\na\rBDAT 5 LAST\r\nab`, BASE, true],
  ["a refused chunk that has come in part", `${EHLO}BDAT 5\r\nab|cdeNOOP\r\n`, BASE, true],
  ["refusals", `${EHLO}${MAIL}${RCPT}BDAT 1\r\nxQUIT\r\n`, BASE, false],
  ["XCLIENT", `${EHLO}XCLIENT ADDR=192.0.2.1 LOGIN=tim\r\n`, BASE, true],
  ["AUTH", `${EHLO}AUTH ECHO\r\n\r\neWVz\r\nAUTH ASK\r\n`, BASE, true],
  ["final data of AUTH", `${EHLO}AUTH ECHO ZGF0YQ==\r\n`, BASE, true],
  ["LMTP", `LHLO x\r\n${MAIL}${RCPT}${RCPT}DATA\r\nx\r\n.\r\n`, { ...BASE, protocol: "lmtp" }, true],
])(
  "a server's snapshot with a field that is something else is refused by name, or its work ends: %s",
  (_, input, options, accepts) => {
    const session = new SmtpServerSession<SaslServer>(options);
    const snapshots: SessionSnapshot[] = [session.snapshot()];
    for (const part of input.split("|")) {
      for (const event of session.receive(octets(part))) {
        snapshots.push(session.snapshot());
        answer(session, event, accepts);
        snapshots.push(session.snapshot());
      }
      snapshots.push(session.snapshot());
    }
    const goOn = (restored: SmtpServerSession<SaslServer>, { attempt, count }: Attempts) => {
      const pull = () => {
        for (const event of restored) {
          count();
          answer(restored, event, true);
        }
        while (restored.takeOutput() !== null) count();
      };
      attempt(pull);
      attempt(() => restored.receive(octets("xyz\r\n.\r\nRCPT TO:<a@b>\r\nNOOP\r\n")));
      attempt(pull);
      attempt(() => restored.shutdown());
      attempt(() => restored.receiveEnd());
      attempt(pull);
    };
    const restore = (snapshot: SessionSnapshot) =>
      SmtpServerSession.restore<SaslServer>(snapshot, options, fake("ECHO"));
    expect(faultsOf(snapshots, restore, (restored) => goOn(restored, attempts(ATTEMPTS)))).toEqual([]);
  },
);

type Step = string | ((session: SmtpClientSession) => void);
const HELLO: readonly Step[] = [
  GREETING,
  (session) => session.ehlo("client.example.com"),
  offer("PIPELINING", "8BITMIME", "AUTH ECHO", "CHUNKING"),
];
const OK = "250 ok\r\n";

it.each<[string, readonly Step[]]>([
  ["AUTH", [(session) => session.auth(echo("all")), `334 ${btoa("ask")}\r\n`, "454 no\r\n"]],
  [
    "DATA",
    [
      (session) => session.mail("a@b").rcpt("c@d").rcpt("e@f").data(),
      `${OK}${OK}550 n`,
      "o\r\n354 go\r\n",
      (session) => session.write(octets("x\r\n.y\r")),
      (session) => session.end(),
      OK,
    ],
  ],
  [
    "BDAT",
    [
      (session) =>
        session
          .mail("a@b")
          .rcpt("c@d")
          .bdat()
          .write(octets("x".repeat(70_000))),
      (session) => session.end(octets("y")),
      OK,
      OK,
      OK,
    ],
  ],
])("a client's snapshot with a field that is something else is refused by name, or its work ends: %s", (_, steps) => {
  const session = new SmtpClientSession<SaslClient>();
  const snapshots = clientSnapshots(session, [...HELLO, ...steps]);
  const said = ["250-a\r\n250 PIPELINING\r\n", "334 eWVz\r\n", "354 go\r\n", OK, "550 no\r\n"];
  const restore = (snapshot: SessionSnapshot) => SmtpClientSession.restore<SaslClient>(snapshot, {}, echo("all"));
  const goOn = (restored: SmtpClientSession<SaslClient>) => {
    const give = () => restored.mail("a@b").rcpt("c@d").data();
    const settle = () => void (restored.waiting === "content" && restored.end(octets("x")));
    goOnAsClient(restored, attempts(ATTEMPTS), said, give, settle);
  };
  expect(faultsOf(snapshots, restore, goOn)).toEqual([]);
});
