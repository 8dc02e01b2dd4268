/** The applications on both sides of the seed page's SMTP sessions. They know nothing of a runtime. */
import {
  cramMd5Client,
  cramMd5Server,
  loginClient,
  loginServer,
  plainClient,
  plainServer,
  type SaslServer,
} from "sasl";
import {
  type SaslClient,
  type SmtpClientEvent,
  type SmtpClientOptions,
  SmtpClientSession,
  type SmtpServerEvent,
  type SmtpServerOptions,
  SmtpServerSession,
} from "smtp-codec";
import { recordClient, recordServer } from "smtp-codec/recording";
import { foobar, type TranscriptFile, type TranscriptLine, wire } from "tools/testing";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const USER = "benutzer@zeitform.de";
export const PASSWORD = "geheimes_passwort";

/** The texts of a printed reply, as an application would give them: the host, which the session writes, left out. */
function textOf(line: TranscriptLine): string {
  return line.printed.slice(4).replace(/^mail\.zeitform-services\.de ?/, "");
}

/** What becomes of a server's session on its way: restored after every event and answer, or recorded. */
interface ServerTurns {
  readonly restoring?: boolean;
  readonly write?: (line: string) => void;
}

/** The same of a client's. */
interface ClientTurns {
  readonly between?: (session: SmtpClientSession, mechanism: SaslClient | null) => SmtpClientSession;
  readonly write?: (line: string) => void;
}

/** An application that accepts everything, in the words of the transcript's next reply; codes are the session's own. */
export class Server {
  session: SmtpServerSession<SaslServer>;
  readonly #options: SmtpServerOptions;
  readonly #restoring: boolean;
  #mechanism: SaslServer | null = null;
  readonly #replies: TranscriptLine[];
  readonly events: SmtpServerEvent<SaslServer>[] = [];

  constructor({ options, lines }: TranscriptFile, { restoring = false, write }: ServerTurns = {}) {
    const own = options.server as Partial<SmtpServerOptions>;
    this.#options = { host: "mail.zeitform-services.de", ...own };
    this.#restoring = restoring;
    this.session =
      write === undefined
        ? new SmtpServerSession<SaslServer>(this.#options)
        : recordServer<SaslServer>(this.#options, write);
    // One line a reply, challenges apart: those are the mechanism's.
    this.#replies = lines.filter(
      ({ from, printed }) => from === "S" && printed[3] !== "-" && !printed.startsWith("334"),
    );
  }

  take(input: string): string {
    if (input !== "") this.session.receive(encoder.encode(input));
    this.#restore();
    for (let event = this.session.nextEvent(); event !== null; event = this.session.nextEvent()) {
      this.#restore();
      this.events.push(event);
      this.#answer(event);
      this.#restore();
    }
    this.#restore();
    return this.output();
  }

  #restore(): void {
    if (!this.#restoring) return;
    const snapshot = structuredClone(this.session.snapshot());
    this.session = SmtpServerSession.restore(snapshot, this.#options, this.#mechanism);
  }

  output(): string {
    return this.session
      .takeOutputPieces()
      .map((bytes) => decoder.decode(bytes))
      .join("");
  }

  #answer(event: SmtpServerEvent<SaslServer>): void {
    const { session } = this;
    switch (event.type) {
      case "connect":
      case "helo":
      case "ehlo":
        this.#replies.shift();
        return;
      case "auth":
        this.#mechanism = mechanismOf(event.mechanism);
        session.authenticate(this.#mechanism);
        return;
      case "sasl": {
        const { step } = event;
        if (step.type === "verify")
          session.proceed(step.password === PASSWORD ? event.mechanism.accept() : event.mechanism.reject());
        else session.proceed(event.mechanism.provide({ password: PASSWORD }));
        return;
      }
      case "violation": {
        const line = this.#replies.shift()!;
        session.reply({ code: Number(line.printed.slice(0, 3)), text: textOf(line) });
        return;
      }
      case "content":
      case "aborted":
      case "closed":
        return;
      default:
        session.accept(textOf(this.#replies.shift()!));
    }
  }
}

function mechanismOf(name: string): SaslServer {
  if (name === "LOGIN") return loginServer();
  if (name === "PLAIN") return plainServer();
  return cramMd5Server({ challenge: "<4036.1076324381@guildenstern.zeitform.de>" });
}

function clientMechanism(name: string): SaslClient {
  const credentials = { authenticationIdentity: USER, password: PASSWORD };
  if (name === "LOGIN") return loginClient(credentials);
  if (name === "PLAIN") return plainClient(credentials);
  return name === "CRAM-MD5" ? cramMd5Client(credentials) : foobar;
}

/** The seed's sessions have no TLS. */
export const OPEN: SmtpClientOptions = { plaintextMechanismsWithoutTls: true };

/** An application that gives the transcript's commands, one when the last is answered. */
export class Client {
  session: SmtpClientSession;
  /** What becomes of the session after every event. */
  readonly #between: (session: SmtpClientSession, mechanism: SaslClient | null) => SmtpClientSession;
  #mechanism: SaslClient | null = null;
  readonly events: SmtpClientEvent[] = [];
  readonly #commands: string[];

  constructor({ lines }: TranscriptFile, { between = (session) => session, write }: ClientTurns = {}) {
    this.session = write === undefined ? new SmtpClientSession(OPEN) : recordClient(OPEN, write);
    this.#between = between;
    this.#commands = lines.filter(({ from }) => from === "C").map(({ printed }) => printed);
  }

  take(input: string): string {
    this.session.receive(encoder.encode(input));
    for (let event = this.session.nextEvent(); event !== null; event = this.session.nextEvent()) {
      this.session = this.#between(this.session, this.#mechanism);
      this.events.push(event);
      if (event.type === "data") this.#content();
      else if (event.type !== "closed") this.#next();
      this.session = this.#between(this.session, this.#mechanism);
    }
    return this.session
      .takeOutputPieces()
      .map((bytes) => decoder.decode(bytes))
      .join("");
  }

  #content(): void {
    const end = this.#commands.indexOf(".");
    // The transcript has the wire form: an application has the content.
    const lines = this.#commands
      .splice(0, end + 1)
      .slice(0, -1)
      .map((line) => line.replace(/^\./, ""));
    this.session.content(encoder.encode(wire(lines)));
  }

  #next(): void {
    const [verb = "", argument = "", address = ""] = (this.#commands.shift() ?? "").split(" ");
    const { session } = this;
    if (verb === "HELO") session.helo(argument);
    else if (verb === "EHLO") session.ehlo(argument);
    else if (verb === "MAIL") session.mail(address, { content: "7bit" });
    else if (verb === "RCPT") session.rcpt(address);
    else if (verb === "DATA") session.data();
    else if (verb === "QUIT") session.quit();
    else if (verb === "AUTH") {
      const mechanism = clientMechanism(argument);
      this.#mechanism = mechanism;
      session.auth(mechanism, { initialResponse: "never", force: mechanism === foobar });
      this.#commands.length = 0;
    }
  }
}
