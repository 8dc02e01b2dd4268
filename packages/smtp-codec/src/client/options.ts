import type { SessionOptions } from "dot-stuffing/session";
import type { CapabilitiesLeniencies } from "../syntax/capabilities/parse.ts";

/** Named leniencies of a client. */
export interface ClientLeniencies extends CapabilitiesLeniencies {
  /**
   * The first challenge to a mechanism that speaks first and was given no initial response counts as empty although its text is
   * not base64: `334 ok, go on`. Default true.
   */
  readonly challengeNotBase64?: boolean;
  /** Text behind a space in a challenge is left out: `334 VXNlcm5hbWU6 please`. Default true. */
  readonly textBehindChallenge?: boolean;
}

/** Options of a client session. */
export interface SmtpClientOptions extends SessionOptions {
  /** Whether the connection is under TLS from its beginning (RFC 8314 §3.3). Default false. */
  readonly tls?: boolean;
  /** Refuses MAIL, AUTH and VRFY until TLS is active, whatever the server offers or answers (RFC 3207 §6). Default false. */
  readonly requireTls?: boolean;
  /** Sends commands in groups where the server offers PIPELINING (RFC 2920). Default true. */
  readonly pipelining?: boolean;
  /** The longest reply line in octets with CRLF. Default 4096: RFC 5321 §4.5.3.1.5 has 512, which servers exceed. */
  readonly maxReplyLineLength?: number;
  /** The longest challenge line in octets with CRLF. Default 12,288 (RFC 4954 §4). */
  readonly maxSaslLineLength?: number;
  /** What a CR or LF outside a CRLF in content does: `"normalize"` (default) sends CRLF, `"reject"` throws. */
  readonly lineEndings?: "normalize" | "reject";
  readonly leniencies?: ClientLeniencies;
}
