/**
 * The two interfaces that every mechanism implements (RFC 4422): messages are octets, without base64 and without line
 * ends, which belong to the protocol. One object serves one exchange. A call out of order, or after the end, throws a
 * StateError and changes nothing; no octets from the peer make anything throw.
 *
 * @module
 */
import type { Failure, Rejection } from "./failure.ts";

/** What a mechanism's definition has to state (RFC 4422 §5), as data. */
export interface MechanismTraits {
  readonly speaksFirst: "client" | "server";
  /** Whether the server sends data with a successful outcome (RFC 4422 §3.6). */
  readonly sendsFinalData: boolean;
  readonly carriesAuthorizationIdentity: boolean;
  /** Whether the server, and without TLS every listener, learns the password or token. */
  readonly revealsPassword: boolean;
  /** Whether a completed exchange proves that the server knows the credentials. */
  readonly provesServer: boolean;
  readonly bindsChannel: boolean;
  /** Whether a security layer is negotiated (RFC 4422 §3.7). No mechanism of this package does. */
  readonly negotiatesSecurityLayer: boolean;
}

/** What the client does next. */
export type ClientStep = ResponseStep | Failure;

/** Send these octets. */
export interface ResponseStep {
  readonly type: "response";
  readonly secret: true;
  /** From `start()` null says that there is no initial response, which is not an empty one. Not enumerable. */
  readonly bytes: Uint8Array<ArrayBuffer> | null;
}

/** A derivation to be done: `PBKDF2-HMAC(hash, password, salt, iterations)` of `length` octets (RFC 8018 §5.2). */
export interface Derivation {
  /** As Web Crypto names it: `"SHA-1"`, `"SHA-256"`, `"SHA-512"`. */
  readonly hash: string;
  /** In octets. */
  readonly length: number;
  readonly iterations: number;
  readonly salt: Uint8Array;
  /** UTF-8 after preparation. In a step not enumerable, and a copy, which is the caller's to overwrite. */
  readonly password: Uint8Array;
}

/**
 * Derive RFC 5802's `SaltedPassword`, and go on with `provide()`. Salt and count have passed the checks that the
 * options set.
 */
export interface DeriveStep extends Derivation {
  readonly type: "derive";
  readonly secret: true;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly password: Uint8Array<ArrayBuffer>;
}

/** How an exchange ended that the protocol reported as a success. */
export type ClientOutcome = { readonly type: "success"; readonly serverProved: boolean } | Failure;

/**
 * The client's side of one exchange. A mechanism that leaves something to the caller has further steps, named by
 * `OtherStep`, which no protocol needs to know, and a method that answers them.
 */
export interface SaslClient<OtherStep extends { readonly type: string } = never> {
  /** The registered name (RFC 4422 §3.1), e.g. `"PLAIN"`. */
  readonly name: string;
  readonly traits: MechanismTraits;
  /** The initial response. Where the protocol cannot carry it, the same octets answer the first, empty, challenge. */
  start(): ClientStep | OtherStep;
  /** Answers a challenge. Data that came with a successful outcome is handed in here too, before `finish()`. */
  next(challenge: Uint8Array): ClientStep | OtherStep;
  /**
   * The protocol reported success: does the mechanism agree? Before it is complete this is a failure; after a step that
   * was one it is the same failure again.
   */
  finish(): ClientOutcome;
  /** Ends the exchange in whatever state, and forgets its secrets. */
  abort(): void;
}

/** A client that leaves the derivation of its key to the caller. */
export interface DerivingClient extends SaslClient<DeriveStep> {
  /** Answers "derive". @throws RangeError if it is not as many octets as were asked for */
  provide(saltedPassword: Uint8Array): ClientStep;
}

/** What the server does next. */
export type ServerStep =
  | ChallengeStep
  | VerifyStep
  | VerifyTokenStep
  | LookupStep
  | AuthorizeStep
  | AnonymousStep
  | SuccessStep
  | Failure;

/** Send these octets; the client's answer goes into `next()`. */
export interface ChallengeStep {
  readonly type: "challenge";
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Are these credentials good, and do they entitle to the authorization identity? Answer with `accept()` or `reject()`.
 */
export interface VerifyStep {
  readonly type: "verify";
  readonly secret: true;
  /** Prepared, if the mechanism has a `prepare`. */
  readonly authenticationIdentity: string;
  /** As sent; null: none, the client acts as itself. */
  readonly authorizationIdentity: string | null;
  /** Prepared, if the mechanism has a `prepare`. Not enumerable. */
  readonly password: string;
  /** Both as the client sent them. Not enumerable. */
  readonly asSent: { readonly authenticationIdentity: string; readonly password: string };
}

/**
 * Is this token good, and whose is it? Answer with `accept()`, which names the token's owner, or with `reject()`.
 * Whether the owner may act as somebody else is asked by "authorize" afterwards.
 */
export interface VerifyTokenStep {
  readonly type: "verify-token";
  readonly secret: true;
  /**
   * XOAUTH2: as whom the client says that it comes; if its owner is another, "authorize" follows. OAUTHBEARER: null.
   */
  readonly authenticationIdentity: string | null;
  /** Null: none, the client acts as itself. */
  readonly authorizationIdentity: string | null;
  /** Where an OAUTHBEARER client says that it is connected to; null: it does not say. */
  readonly host: string | null;
  readonly port: number | null;
  /** An OAuth 2.0 bearer token (RFC 6750). Not enumerable. */
  readonly token: string;
}

/** What credentials does this user have? Answer with `provide()`, or with `reject()`. */
export interface LookupStep {
  readonly type: "lookup";
  readonly authenticationIdentity: string;
  readonly authorizationIdentity: string | null;
  /** DIGEST-MD5: the realm that the client chose, empty if none. */
  readonly realm?: string;
}

/**
 * The client has proved who it is: may it act as whom it names? Answer with `accept()` or `reject()`. Asked only where
 * it names somebody else, and always by EXTERNAL, which leaves the rest of the decision to this step.
 */
export interface AuthorizeStep {
  readonly type: "authorize";
  readonly authenticationIdentity: string;
  /** Null, from EXTERNAL: nobody; whom the client acts as follows from its external credentials. */
  readonly authorizationIdentity: string | null;
}

/** May somebody unknown come in? Answer with `accept()` or `reject()`. */
export interface AnonymousStep {
  readonly type: "anonymous";
  readonly authenticationIdentity: "anonymous";
  readonly authorizationIdentity: null;
  /** A mail address or a text for the log that nothing vouches for (RFC 4505 §2, §5); can be empty. */
  readonly trace: string;
}

/** The client is authenticated, and the exchange over. */
export interface SuccessStep {
  readonly type: "success";
  readonly authenticationIdentity: string;
  /** Whom the client acts as: the authentication identity if it named no other. */
  readonly authorizationIdentity: string;
  /** To be sent with the outcome, or, where the protocol has no room for it, as one more challenge (RFC 4422 §3.6). */
  readonly data: Uint8Array<ArrayBuffer> | null;
}

/** What a server stores for a user: the password, or a form computed from it that the mechanism knows. */
export type Credentials =
  | { readonly password: string | Uint8Array }
  /** CRAM-MD5: the octets of `cramMd5Contexts()`. */
  | { readonly contexts: Uint8Array }
  /** DIGEST-MD5: the octets of `digestMd5Hash()`. */
  | { readonly hash: Uint8Array }
  | ScramKeys;

/**
 * What a server stores for SCRAM (RFC 5802 §3). Nobody can log in with it, but its holder can try passwords against it.
 * Copy it field by field, or by `formatScramKeys()`: a spread, JSON and `structuredClone` leave out what is not
 * enumerable.
 */
export interface ScramKeys {
  /** The mechanism's name without `-PLUS`, e.g. `"SCRAM-SHA-256"`. */
  readonly mechanism: string;
  readonly iterations: number;
  readonly salt: Uint8Array;
  /** Not enumerable where this package makes it, nor is the next. */
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/** The server's side of one exchange. */
export interface SaslServer {
  /** The registered name (RFC 4422 §3.1), e.g. `"PLAIN"`. */
  readonly name: string;
  readonly traits: MechanismTraits;
  /** @param response null, in the first call only: the client sent no initial response, which is not an empty one */
  next(response: Uint8Array | null): ServerStep;
  /**
   * Answers every question but "lookup": the credentials are good and entitle to the authorization identity.
   *
   * @param authenticationIdentity who the client is. Default: as the question says; to "verify-token" it must be there,
   *   the token's owner, else a TypeError is thrown
   */
  accept(authenticationIdentity?: string): ServerStep;
  /**
   * Answers every question. Default `"wrong-credentials"`. The peer cannot tell the first two reasons apart. To
   * "lookup", both are `provide(null)`, with the same messages and computation, and the reason given: SCRAM goes on
   * with its challenge and fails at the client's proof. `"not-authorized"` fails at once, and so lets the peer see who
   * is refused.
   */
  reject(reason?: Rejection): ServerStep;
  /** Answers "lookup". Null: no such user, which takes the same computation and fails. */
  provide(credentials: Credentials | null): ServerStep;
  /** Ends the exchange in whatever state, and forgets its secrets. */
  abort(): void;
}
