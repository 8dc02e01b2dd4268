import { demand, demandMatch } from "../check.ts";
import { ClientExchange } from "../exchange/client.ts";
import type { ExchangeOptions } from "../exchange/limit.ts";
import { OneMessage } from "../exchange/one-message.ts";
import { response } from "../exchange/steps.ts";
import type { ClientStep, SaslClient } from "../mechanism.ts";
import { type Prepare, prepareOwn } from "../text/text.ts";
import type { Described } from "../traits.ts";
import { decodeUtf8 } from "../web.ts";

/** Why a server refused a token (RFC 7628 §3.2.2). What it left out, or gave as something else than a text, is null. */
export interface OauthRefusal {
  /** OAUTHBEARER: an OAuth error code, e.g. `"invalid_token"`. XOAUTH2: an HTTP status, e.g. `"401"`. */
  readonly status: string | null;
  /** The scope that a token needs; several stand between spaces. */
  readonly scope: string | null;
  /** OAUTHBEARER: the address of a document that says where tokens are to be had (OpenID Connect Discovery §3). */
  readonly openidConfiguration: string | null;
  /** XOAUTH2: the authorization schemes that the server knows, e.g. `"bearer mac"`. */
  readonly schemes: string | null;
  /** The whole as it came, which need not be JSON. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A client that hears why its token was refused. */
export interface OauthClient extends SaslClient {
  /** Null until the server refuses the token. It outlives the exchange. */
  readonly refusal: OauthRefusal | null;
}

/** A challenge that does not ask for the message is the error document, which is answered once. */
class TokenMessage extends OneMessage {
  refusal: OauthRefusal | null = null;
  readonly #answer: Uint8Array<ArrayBuffer>;

  constructor(message: Uint8Array<ArrayBuffer>, answer: Uint8Array<ArrayBuffer>) {
    super(message);
    this.#answer = answer;
  }

  override next(challenge: Uint8Array<ArrayBuffer>, turn: number): ClientStep {
    const step = super.next(challenge, turn);
    if (step.type === "response" || this.refusal !== null) return step;
    this.refusal = readRefusal(challenge);
    return response(this.#answer);
  }

  /** A server that reports success after it refused the token is not believed. */
  override isComplete(): boolean {
    return this.refusal === null;
  }
}

class OauthExchange extends ClientExchange implements OauthClient {
  readonly #message: TokenMessage;

  constructor(described: Described, message: TokenMessage, options: ExchangeOptions) {
    super(described, message, options);
    this.#message = message;
  }

  get refusal(): OauthRefusal | null {
    return this.#message.refusal;
  }
}

/**
 * One message, which also answers a first challenge that is empty (RFC 4422 §3): no error document is, and servers that
 * do not take the message with the command ask for it so. Any other challenge is the error document (RFC 7628 §3.2.3).
 *
 * @param answer to the error document, so that the server can fail the exchange
 */
export function oauthClient(
  described: Described,
  message: Uint8Array<ArrayBuffer>,
  answer: Uint8Array<ArrayBuffer>,
  options: ExchangeOptions,
): OauthClient {
  return new OauthExchange(described, new TokenMessage(message, answer), options);
}

function readRefusal(challenge: Uint8Array<ArrayBuffer>): OauthRefusal {
  const document = readObject(challenge);
  const text = (key: string): string | null => {
    const value = document[key];
    return typeof value === "string" ? value : null;
  };
  return {
    status: text("status"),
    scope: text("scope"),
    openidConfiguration: text("openid-configuration"),
    schemes: text("schemes"),
    bytes: challenge.slice(),
  };
}

/** The members of a JSON object; of anything else, none. */
function readObject(challenge: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const document: unknown = JSON.parse(decodeUtf8(challenge) ?? "");
    return { ...(document as object | null) };
  } catch {
    // Not JSON, or nested more deeply than the platform reads.
    return {};
  }
}

/**
 * The account that a token is for, prepared, as it goes out.
 *
 * @throws TypeError, RangeError if it is none, or has what separates a message's parts
 */
export function checkAccount(authenticationIdentity: string, prepare: Prepare | undefined): string {
  const account = prepareOwn("authenticationIdentity", authenticationIdentity, prepare);
  demand(!/[\x01\r\n]/.test(account), "authenticationIdentity", "no CR, LF or %x01");
  return account;
}

/**
 * A bearer token as it goes out: RFC 6750 §2.1 has it narrower, but providers are not held to that.
 *
 * @throws TypeError, RangeError if it is empty, or has other characters than printable ASCII without space
 */
export function checkToken(token: string): string {
  demandMatch("token", token, /^[!-~]+$/, "printable ASCII without space");
  return token;
}
