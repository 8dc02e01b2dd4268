import { type SmtpServerEvent, type SmtpServerOptions, SmtpServerSession } from "smtp-codec";
import { type Driven, type DrivenSession, drive, fake, octets } from "tools/testing";

export { fake } from "tools/testing";

/** Accepts what needs an answer; PLAIN-like mechanisms are fakes. */
export function accept(session: SmtpServerSession, event: SmtpServerEvent): void {
  if (event.type === "auth") session.authenticate(fake(event.mechanism));
  else if (event.type === "sasl") session.proceed({ type: "failure", text: "no" });
  else if (event.answer === "needed") session.accept();
}

/** Plays client octets against a server. */
export function play(
  input: string | readonly Uint8Array[],
  options: Partial<SmtpServerOptions> = {},
  answering: (session: SmtpServerSession, event: SmtpServerEvent) => void = accept,
): Driven<SmtpServerEvent> {
  const session = new SmtpServerSession({ host: "mx.example.com", ...options });
  const chunks = typeof input === "string" ? [octets(input)] : input;
  return drive(session, chunks, (event) => {
    if (event.type === "violation" && event.text === "") throw new Error(`no words for ${event.code}`);
    answering(session, event);
  });
}

/** The replies to input, without the greeting. */
export function replies(input: string, options?: Partial<SmtpServerOptions>): string {
  return play(input, options).output.replace(/^220 [^\r]*\r\n/, "");
}

/** What the sessions of both roles have. */
interface Restorable<Event> {
  readonly waiting: string;
  receive(chunk: Uint8Array): unknown;
  receiveEnd(): void;
  nextEvent(): Event | null;
  takeOutputPieces(): Uint8Array[];
  tlsEstablished(): void;
}

/** A session that after every event and every answer gives way to one restored from its snapshot. */
export class Restoring<Event, Session extends Restorable<Event>> implements DrivenSession<Event> {
  session: Session;
  readonly #restored: (session: Session) => Session;

  /** @param restored gives the session that a session's snapshot makes */
  constructor(session: Session, restored: (session: Session) => Session) {
    this.session = session;
    this.#restored = restored;
  }

  get waiting(): string {
    return this.session.waiting;
  }

  receive(chunk: Uint8Array): void {
    this.session.receive(chunk);
    this.#restore();
  }

  receiveEnd(): void {
    this.session.receiveEnd();
    this.#restore();
  }

  takeOutputPieces(): Uint8Array[] {
    return this.session.takeOutputPieces();
  }

  tlsEstablished(): void {
    this.session.tlsEstablished();
    this.#restore();
  }

  *[Symbol.iterator](): Generator<Event, undefined> {
    for (;;) {
      const event = this.session.nextEvent();
      this.#restore();
      if (event === null) return;
      yield event;
      this.#restore();
    }
  }

  #restore(): void {
    this.session = this.#restored(this.session);
  }
}

export const EHLO = "EHLO client.example.com\r\n";
export const MAIL = "MAIL FROM:<a@example.com>\r\n";
export const RCPT = "RCPT TO:<b@example.org>\r\n";
