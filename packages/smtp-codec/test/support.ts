import { type SmtpServerEvent, type SmtpServerOptions, SmtpServerSession } from "smtp-codec";
import { type Driven, drive, fake, octets } from "tools/testing";

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
  return drive(session, chunks, (event) => answering(session, event));
}

/** The replies to input, without the greeting. */
export function replies(input: string, options?: Partial<SmtpServerOptions>): string {
  return play(input, options).output.replace(/^220 [^\r]*\r\n/, "");
}

export const EHLO = "EHLO client.example.com\r\n";
export const MAIL = "MAIL FROM:<a@example.com>\r\n";
export const RCPT = "RCPT TO:<b@example.org>\r\n";
