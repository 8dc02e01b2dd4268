import { failure } from "../failure.ts";
import type { ChallengeStep, ResponseStep, ServerStep, VerifyStep, VerifyTokenStep } from "../mechanism.ts";
import { type Prepare, prepareAscii, preparePeers } from "../text/text.ts";
import { encodeUtf8 } from "../web.ts";

/** Adds properties that neither JSON nor a console shows. */
export function withSecrets<Step extends object, Secrets extends object>(step: Step, secrets: Secrets): Step & Secrets {
  for (const [key, value] of Object.entries(secrets)) Object.defineProperty(step, key, { value });
  return step as Step & Secrets;
}

/** Every response is hidden: even a digest lets a listener try passwords. */
export function response(bytes: Uint8Array<ArrayBuffer> | null): ResponseStep {
  return withSecrets({ type: "response", secret: true } as const, { bytes });
}

export function challenge(text: string): ChallengeStep {
  return { type: "challenge", bytes: encodeUtf8(text) };
}

interface SentCredentials {
  readonly authenticationIdentity: string;
  readonly authorizationIdentity: string | null;
  readonly password: string;
}

/** Hands the application a name and password to verify, or fails if they cannot be prepared (RFC 4616 §2). */
export function verify(sent: SentCredentials, prepare: Prepare = prepareAscii): ServerStep {
  const authenticationIdentity = preparePeers(sent.authenticationIdentity, prepare);
  const password = preparePeers(sent.password, prepare);
  if (authenticationIdentity === null || password === null) return failure("preparation-failed");
  const { authorizationIdentity } = sent;
  const asSent = { authenticationIdentity: sent.authenticationIdentity, password: sent.password };
  const step: Omit<VerifyStep, "password" | "asSent"> = {
    type: "verify",
    secret: true,
    authenticationIdentity,
    authorizationIdentity,
  };
  return withSecrets(step, { password, asSent });
}

/** Hands the application a token to verify. */
export function verifyToken({ token, ...shown }: Omit<VerifyTokenStep, "type" | "secret">): VerifyTokenStep {
  return withSecrets({ type: "verify-token", secret: true, ...shown } as const, { token });
}
