import { failure } from "../failure.ts";
import type { ChallengeStep, ResponseStep, ServerStep, VerifyStep, VerifyTokenStep } from "../mechanism.ts";
import { type Prepare, prepareAscii, preparePeers } from "../text/text.ts";
import { decodeUtf8, encodeUtf8 } from "../web.ts";

/**
 * Adds properties that neither JSON nor a console shows: getters, as `%o` would show values that are not enumerable.
 */
export function withSecrets<Step extends object, Secrets extends object>(step: Step, secrets: Secrets): Step & Secrets {
  for (const [key, value] of Object.entries(secrets)) Object.defineProperty(step, key, { get: () => value });
  return step as Step & Secrets;
}

// The steps that every exchange makes are objects of classes: a getter hides as well as a property that is not
// enumerable, and defining that was more than a quarter of an exchange's time.

class Response implements ResponseStep {
  readonly type = "response";
  readonly secret = true;
  readonly #bytes: Uint8Array<ArrayBuffer> | null;

  constructor(bytes: Uint8Array<ArrayBuffer> | null) {
    this.#bytes = bytes;
  }

  get bytes(): Uint8Array<ArrayBuffer> | null {
    return this.#bytes;
  }
}

/** Every response is hidden: even a digest lets a listener try passwords. */
export function response(bytes: Uint8Array<ArrayBuffer> | null): ResponseStep {
  return new Response(bytes);
}

/** Reads a message that is a text: it fails if it is not well-formed UTF-8. */
export function readText(message: Uint8Array, read: (text: string) => ServerStep): ServerStep {
  const text = decodeUtf8(message);
  return text === null ? failure("invalid-utf8") : read(text);
}

export function challenge(text: string): ChallengeStep {
  return { type: "challenge", bytes: encodeUtf8(text) };
}

interface SentCredentials {
  readonly authenticationIdentity: string;
  readonly authorizationIdentity: string | null;
  readonly password: string;
}

class Verify implements VerifyStep {
  readonly type = "verify";
  readonly secret = true;
  readonly authenticationIdentity: string;
  readonly authorizationIdentity: string | null;
  readonly #password: string;
  readonly #sent: SentCredentials;

  constructor(authenticationIdentity: string, password: string, sent: SentCredentials) {
    this.authenticationIdentity = authenticationIdentity;
    this.authorizationIdentity = sent.authorizationIdentity;
    this.#password = password;
    this.#sent = sent;
  }

  get password(): string {
    return this.#password;
  }

  get asSent(): VerifyStep["asSent"] {
    const { authenticationIdentity, password } = this.#sent;
    return { authenticationIdentity, password };
  }
}

/** Hands the application a name and password to verify, or fails if they cannot be prepared (RFC 4616 §2). */
export function verify(sent: SentCredentials, prepare: Prepare = prepareAscii): ServerStep {
  const authenticationIdentity = preparePeers(sent.authenticationIdentity, prepare);
  const password = preparePeers(sent.password, prepare);
  if (authenticationIdentity === null || password === null) return failure("preparation-failed");
  return new Verify(authenticationIdentity, password, sent);
}

/** Hands the application a token to verify. */
export function verifyToken({ token, ...shown }: Omit<VerifyTokenStep, "type" | "secret">): VerifyTokenStep {
  return withSecrets({ type: "verify-token", secret: true, ...shown } as const, { token });
}
