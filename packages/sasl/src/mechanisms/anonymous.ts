import { checkOptions, demand } from "../check.ts";
import type { ExchangeOptions } from "../exchange/limit.ts";
import { oneMessageClient } from "../exchange/one-message.ts";
import { ServerExchange } from "../exchange/server.ts";
import { readText } from "../exchange/steps.ts";
import { failure } from "../failure.ts";
import type { SaslClient, SaslServer, ServerStep } from "../mechanism.ts";
import { checkText, isAscii, type Prepare, prepareAscii } from "../text/text.ts";
import { type Described, describe } from "../traits.ts";
import { encodeUtf8 } from "../web.ts";

export const anonymous: Described = /* @__PURE__ */ describe("ANONYMOUS", {});

/** Options of {@link anonymousClient}. */
export interface AnonymousClientOptions extends ExchangeOptions {
  /** A mail address, or a text of at most 255 characters without `@`, for the server's log. Default: empty. */
  readonly trace?: string;
  /** `tracePrep` of `sasl/saslprep`, which a trace outside ASCII needs (RFC 4505 §3). Default: for ASCII alone. */
  readonly prepare?: Prepare;
}

/**
 * ANONYMOUS, client (RFC 4505). Send a user's own address as trace with that user's permission only (§5).
 *
 * @throws TypeError, RangeError if the trace is not acceptable
 */
export function anonymousClient(options: AnonymousClientOptions = {}): SaslClient {
  return oneMessageClient(
    anonymous,
    encodeUtf8(checkTrace(checkOptions(options, ["trace", "prepare", "maxMessageLength"]))),
    options,
  );
}

function checkTrace({ trace = "", prepare }: AnonymousClientOptions): string {
  if (trace === "") return trace;
  checkText("trace", trace);
  demand(prepare !== undefined || isAscii(trace), "trace", "ASCII, or the option prepare, tracePrep of sasl/saslprep");
  const prepared = (prepare ?? prepareAscii)(trace, "query");
  demand(typeof prepared === "string", "trace", "no control, private or display characters");
  demand(isTrace(prepared), "trace", 'a mail address, or 1 to 255 characters without "@"');
  return prepared;
}

/** Options of {@link anonymousServer}. */
export interface AnonymousServerOptions extends ExchangeOptions {
  /** Applied to the trace. Default: one with control characters in ASCII, which would forge lines of a log, fails. */
  readonly prepare?: Prepare;
}

/** ANONYMOUS, server (RFC 4505). Offering it is a decision (§5). The application answers "anonymous". */
export function anonymousServer(options: AnonymousServerOptions = {}): SaslServer {
  const { prepare = prepareAscii } = checkOptions(options, ["prepare", "maxMessageLength"]);
  const read = (text: string): ServerStep => {
    if (!isTrace(text)) return failure("malformed-message");
    const trace = prepare(text, "query");
    if (typeof trace !== "string") return failure("preparation-failed");
    return { type: "anonymous", authenticationIdentity: "anonymous", authorizationIdentity: null, trace };
  };
  return new ServerExchange(anonymous, { next: (message) => readText(message, read) }, options);
}

/**
 * ```abnf
 * message = [ email / token ]   ; RFC 4505 §2
 * email   = addr-spec           ; RFC 2822 §3.4.1, without comments, folding and obsolete forms
 * token   = 1*255TCHAR          ; TCHAR: any character but "@"
 * ```
 */
function isTrace(text: string): boolean {
  return text === "" || /^[^@]{1,255}$/u.test(text) || isEmail(text);
}

// A repeated group would take a stack that grows with the text, so each pattern repeats single characters alone.

function isEmail(text: string): boolean {
  // What is quoted as a pair is no end of the string.
  const quoted = /^"[ !#-[\]-~]*"(?=@)/.exec(text.replace(/\\[ -~]/g, "__"));
  const at = quoted?.[0].length ?? text.indexOf("@");
  const domain = text.slice(at + 1);
  // Without "@" there is no local part.
  return (
    (quoted !== null || (at > 0 && isDotAtom(text.slice(0, at)))) &&
    (isDotAtom(domain) || /^\[[ -Z^-~]*\]$/.test(domain))
  );
}

function isDotAtom(text: string): boolean {
  return /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+$/.test(text) && !/^\.|\.\.|\.$/.test(text);
}
