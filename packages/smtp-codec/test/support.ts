import { type SaslServer, type SmtpServerEvent, type SmtpServerOptions, SmtpServerSession } from "smtp-codec";
import { type Driven, drive, octets } from "tools/testing";

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
  return drive(session, chunks, (event) => answering(session, event));
}

/** The replies to input, without the greeting. */
export function replies(input: string, options?: Partial<SmtpServerOptions>): string {
  return play(input, options).output.replace(/^220 [^\r]*\r\n/, "");
}

/** A mechanism with scripted steps: ECHO challenges until it was answered "yes"; ASK wants the application. */
export function fake(name: string): SaslServer {
  return {
    name,
    next: (response) => {
      if (name === "ASK") return { type: "verify" };
      if (response === null) return { type: "challenge", bytes: octets("what?") };
      const answered = String.fromCharCode(...response);
      if (answered === "yes" || answered === "data") {
        const data = answered === "data" ? octets("proof") : null;
        return { type: "success", authenticationIdentity: "tim", authorizationIdentity: "tim", data };
      }
      return answered === "" ? { type: "challenge", bytes: octets("") } : { type: "failure", text: "wrong" };
    },
    abort: () => {},
  };
}

export const EHLO = "EHLO client.example.com\r\n";
export const MAIL = "MAIL FROM:<a@example.com>\r\n";
export const RCPT = "RCPT TO:<b@example.org>\r\n";
