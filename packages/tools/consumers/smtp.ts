import { type LineEndings, Stuffer, unstuff } from "dot-stuffing";
import { cramMd5Server, loginServer, plainClient, plainServer, type SaslServer } from "sasl";
import { SmtpClientSession, type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import { type Contract, type DriverReport, type TestTransport, testServerDriver } from "smtp-codec/driver-test";
import { recordServer, replayServer } from "smtp-codec/recording";
import { replyCode } from "smtp-codec/registry";
import { formatCommand, parseCommand } from "smtp-codec/syntax";

const mechanisms: Record<string, () => SaslServer> = {
  PLAIN: plainServer,
  LOGIN: loginServer,
  "CRAM-MD5": cramMd5Server,
};

export function serve(chunk: Uint8Array): (Uint8Array | null)[] {
  const session = new SmtpServerSession<SaslServer>({
    host: "mx.example.com",
    tls: true,
    mechanisms: Object.keys(mechanisms),
  });
  for (const event of session.receive(chunk)) answer(session, event);
  return [session.takeOutput()];
}

/** Every event by name: a new one would not compile. */
function answer(session: SmtpServerSession<SaslServer>, event: SmtpServerEvent<SaslServer>): void {
  switch (event.type) {
    case "mail":
      event.from.kind === "null" ? session.accept() : session.reject({ code: 550, enhanced: "5.7.1" });
      break;
    case "rcpt":
      event.to.kind === "postmaster" ? session.accept() : session.accept(event.to.domain);
      break;
    case "auth": {
      const make = mechanisms[event.mechanism];
      make === undefined ? session.reject() : session.authenticate(make());
      break;
    }
    case "sasl":
      // The mechanism's own steps are narrowed without a cast.
      if (event.step.type === "verify")
        session.proceed(event.step.password === "x" ? event.mechanism.accept() : event.mechanism.reject());
      else session.proceed(event.mechanism.provide(null));
      break;
    case "message":
      session.accept(`${event.size} octets`);
      break;
    case "delivery":
      session.accept(event.to.address);
      break;
    case "burl":
      event.url.startsWith("imap:") ? session.accept() : session.reject();
      break;
    case "expn":
    case "etrn":
    case "atrn":
    case "xclient":
    case "xforward":
      session.reject();
      break;
    case "content":
    case "connect":
    case "helo":
    case "ehlo":
    case "lhlo":
    case "data":
    case "bdat":
    case "chunk":
    case "rset":
    case "noop":
    case "help":
    case "vrfy":
    case "quit":
    case "starttls":
    case "authenticated":
    case "authentication-failed":
    case "refused":
    case "aborted":
    case "unknown":
    case "violation":
    case "closed":
      break;
    default:
      event satisfies never;
  }
}

export function send(chunk: Uint8Array): Uint8Array<ArrayBuffer> | null {
  const session = new SmtpClientSession({ requireTls: true });
  for (const event of session.receive(chunk)) {
    if (event.type === "ehlo" && event.capabilities?.auth.includes("PLAIN")) {
      session.auth(plainClient({ authenticationIdentity: "a", password: "b" }));
    }
  }
  return session.takeOutput();
}

const lineEndings: LineEndings = "reject";
export const content: Uint8Array = unstuff(new Uint8Array(), { lineEndings }).content;
export const size: number = new Stuffer().size;
const command = parseCommand(new Uint8Array());
export const text: string = "fault" in command ? command.text : formatCommand(command);
export const meaning: string | undefined = replyCode(250)?.meaning;

/** A recorded session is typed as the session itself. */
export function recorded(chunk: Uint8Array): string | null {
  const lines: string[] = [];
  const session = recordServer<SaslServer>({ host: "mx.example.com" }, (line) => lines.push(line));
  for (const event of session.receive(chunk)) answer(session, event);
  return replayServer(lines).run();
}

export async function broken(transports: TestTransport[]): Promise<Contract[]> {
  const report: DriverReport = await testServerDriver(async (transport, { createSession, on }) => {
    transports.push(transport);
    for (const event of createSession()) await on(event);
    transport.close();
  });
  return report.broken.map(({ contract }) => contract);
}
