import {
  checkAtLeast,
  checkChoice,
  checkNames,
  type SessionOptions,
  sessionDefaults,
  withDefaults,
} from "dot-stuffing/session";
import type { CapabilitiesLeniencies } from "../syntax/capabilities/parse.ts";
import { checkTimeouts } from "../timeouts.ts";
import { type ClientVerb, clientTable } from "./table.ts";

/** Named leniencies of a client. */
export interface ClientLeniencies extends CapabilitiesLeniencies {
  /**
   * The first challenge to a mechanism that speaks first and was given no initial response counts as empty although its
   * text is not base64: `334 ok, go on`. Default true.
   */
  readonly challengeNotBase64?: boolean;
  /** Text after a space in a challenge is left out: `334 VXNlcm5hbWU6 please`. Default true. */
  readonly textBehindChallenge?: boolean;
  /**
   * Any 3yz to DATA asks for content, not 354 alone: for gateways whose authors read RFC 5321 §4.2.1, by which the
   * first digit is enough, and not §3.3. Default false.
   */
  readonly any3yzStartsContent?: boolean;
  /**
   * An LF alone ends a reply line too: for servers of scripts and devices that print lines as their system does.
   * Default false.
   */
  readonly bareLfEndsReply?: boolean;
  /** HELO may follow an EHLO that was refused by any 5yz, not 500 and 502 alone: odd old servers. Default false. */
  readonly heloAfterAny5yz?: boolean;
}

/** What a client waits for. `"content"`: that the connection takes a piece of content. */
export type Awaited = ClientVerb | "greeting" | "content";

/** Options of a client session. */
export interface SmtpClientOptions extends SessionOptions {
  /** `"lmtp"`: EHLO is LHLO, and content is answered by one reply a recipient (RFC 2033). Default `"smtp"`. */
  readonly protocol?: "smtp" | "lmtp";
  /** Whether the connection is under TLS from its beginning (RFC 8314 §3.3). Default false. */
  readonly tls?: boolean;
  /**
   * Refuses MAIL, AUTH, VRFY and EXPN until TLS is active, whatever the server offers or answers (RFC 3207 §6). Default
   * false.
   */
  readonly requireTls?: boolean;
  /**
   * Refuses the same until TLS is active on a server that offers STARTTLS, also when it refuses it then: nothing goes
   * on in plaintext in silence. Whoever takes the offer away in transit is met by `requireTls` alone. Default false.
   */
  readonly tlsWhenOffered?: boolean;
  /**
   * Authenticates without TLS by mechanisms that let whoever listens read a password or token: PLAIN, LOGIN and those
   * of tokens. Default false.
   */
  readonly plaintextMechanismsWithoutTls?: boolean;
  /** Sends commands in groups where the server offers PIPELINING (RFC 2920). Default true. */
  readonly pipelining?: boolean;
  /**
   * The longest reply line in octets with CRLF, at least 512. Default 4096: RFC 5321 §4.5.3.1.5 has 512, which servers
   * exceed.
   */
  readonly maxReplyLineLength?: number;
  /** The longest challenge line in octets with CRLF, at least 512. Default 12,288 (RFC 4954 §4). */
  readonly maxSaslLineLength?: number;
  /** What a CR or LF outside a CRLF in content does: `"normalize"` (default) sends CRLF, `"reject"` throws. */
  readonly lineEndings?: "normalize" | "reject";
  /** Seconds to wait for what is awaited, where the figures of RFC 5321 §4.5.3.2 do not suit. */
  readonly timeouts?: { readonly [For in Awaited]?: number };
  readonly leniencies?: ClientLeniencies;
}

/** The options of a session with every default in place. */
export type ClientSettings = Required<Omit<SmtpClientOptions, "leniencies">> & {
  readonly leniencies: Required<ClientLeniencies>;
};

const DEFAULTS: ClientSettings = {
  ...sessionDefaults,
  ...{ protocol: "smtp", tls: false, requireTls: false, tlsWhenOffered: false },
  ...{ plaintextMechanismsWithoutTls: false, pipelining: true },
  // RFC 5321 §4.5.3.1.5 has 512 for reply lines, RFC 4954 §4 the other.
  ...{ maxReplyLineLength: 4096, maxSaslLineLength: 12_288, lineEndings: "normalize", timeouts: {} },
  leniencies: {
    ...{ authEquals: true, challengeNotBase64: true, textBehindChallenge: true },
    ...{ any3yzStartsContent: false, bareLfEndsReply: false, heloAfterAny5yz: false },
  },
};

/** RFC 5321 §4.5.3.2, in seconds: for all else as for MAIL. RFC 2645 §5.2.1 has its own for ATRN. */
const TIMEOUTS: { readonly [For in Awaited]?: number } = { DATA: 120, message: 600, content: 180, ATRN: 600 };
const TIMEOUT = 300;
const AWAITED: readonly string[] = ["greeting", "content", ...Object.keys(clientTable)];

/**
 * Checks the options, also those that are used only once a server has said something, and fills in the defaults.
 *
 * @throws TypeError for an option that there is not, or of another type; RangeError naming the one that is outside its
 *   range
 */
export function clientSettings(options: SmtpClientOptions): ClientSettings {
  const settings = withDefaults("options", options, DEFAULTS);
  checkChoice("protocol", settings.protocol, ["smtp", "lmtp"]);
  checkAtLeast("maxReplyLineLength", settings.maxReplyLineLength, 512);
  checkAtLeast("maxSaslLineLength", settings.maxSaslLineLength, 512);
  checkNames("timeouts", settings.timeouts, AWAITED);
  checkTimeouts(settings.timeouts);
  return { ...settings, leniencies: withDefaults("leniencies", settings.leniencies, DEFAULTS.leniencies) };
}

/** The longest line that a server may send, a challenge or not. In octets with CRLF. */
export function maxServerLine({ maxReplyLineLength, maxSaslLineLength }: ClientSettings, isExchange: boolean): number {
  return isExchange ? Math.max(maxReplyLineLength, maxSaslLineLength) : maxReplyLineLength;
}

/** How long to wait for something, in seconds. */
export function timeoutFor(awaited: Awaited, { timeouts }: ClientSettings): number {
  return timeouts[awaited] ?? TIMEOUTS[awaited] ?? TIMEOUT;
}
