import { createHash } from "node:crypto";
import {
  type DigestMd5ClientOptions,
  type DigestMd5ServerOptions,
  digestMd5Client,
  digestMd5Server,
  type SaslServer,
  type ServerStep,
} from "sasl";
import { sent, utf8 } from "../support.ts";

export const CHALLENGE = 'realm="example.com",nonce="N",qop="auth",algorithm=md5-sess,charset=utf-8';
export const own: DigestMd5ClientOptions = {
  authenticationIdentity: "chris",
  password: "secret",
  service: "imap",
  host: "mx.example.com",
  cnonce: "C",
};

/** A directive with its value bare instead of quoted, or quoted instead of bare. */
export const requoted = (directive: string) =>
  directive.includes('"') ? directive.replaceAll('"', "") : directive.replace(/=(.*)/, '="$1"');

export const latin1 = (binary: string) => new Uint8Array(Buffer.from(binary, "latin1"));
export const toLatin1 = (bytes: Uint8Array | null) => Buffer.from(bytes ?? []).toString("latin1");

/** What a client answers to a challenge. */
export function answerTo(challenge: string | Uint8Array, options: Partial<DigestMd5ClientOptions> = {}): string | null {
  const client = digestMd5Client({ ...own, ...options });
  client.start();
  return sent(client.next(typeof challenge === "string" ? utf8(challenge) : challenge));
}

/** The answer to {@link CHALLENGE}. */
export const ANSWER = answerTo(CHALLENGE)!;

/** What a server says to an answer. */
export function askedOn(
  answer: string | Uint8Array,
  options: DigestMd5ServerOptions = {},
): { server: SaslServer; step: ServerStep } {
  const server = digestMd5Server({ nonce: "N", realms: ["example.com"], ...options });
  server.next(null);
  return { server, step: server.next(typeof answer === "string" ? utf8(answer) : answer) };
}

/** How an exchange ends whose user has this password. */
export function endOf({ server, step }: { server: SaslServer; step: ServerStep }, password = "secret"): ServerStep {
  if (step.type !== "lookup") return step;
  const end = server.provide({ password });
  return end.type === "authorize" ? server.accept() : end;
}

export const md5 = (...parts: readonly (string | Uint8Array)[]) => {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
