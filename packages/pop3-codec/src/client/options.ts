import type { SessionOptions } from "dot-stuffing/session";
import type { CapabilityLeniencies } from "../syntax/capabilities.ts";
import type { ChallengeLeniencies } from "../syntax/challenge.ts";
import type { ListingLeniencies } from "../syntax/listing.ts";
import type { ResponseLeniencies } from "../syntax/response.ts";

/** Named leniencies of a client. */
export interface ClientLeniencies
  extends CapabilityLeniencies,
    ChallengeLeniencies,
    ListingLeniencies,
    ResponseLeniencies {
  /** A first challenge that is not base64, to a mechanism that speaks first, counts as empty. Default true. */
  readonly textAsEmptyChallenge?: boolean;
}

/** Options of a client session. */
export interface Pop3ClientOptions extends SessionOptions {
  /** Whether the connection is under TLS from its beginning (RFC 8314 §3). Default false. */
  readonly tls?: boolean;
  /** Refuses logins until TLS is active, whatever the server offers or answers (RFC 2595 §2.2). Default false. */
  readonly requireTls?: boolean;
  /** Sends commands in groups where the server offers PIPELINING (RFC 2449 §6.6). Default true. */
  readonly pipelining?: boolean;
  /** The longest status or listing line in octets with CRLF. Default 512 (RFC 2449 §4). */
  readonly maxResponseLength?: number;
  /** The longest challenge line in octets with CRLF. Default 12,288 (RFC 5034 §4). */
  readonly maxSaslLineLength?: number;
  /** What a CR or LF outside a CRLF in a message does: default `"preserve"`, so that stored mail stays fetchable. */
  readonly lineEndings?: "preserve" | "normalize";
  readonly leniencies?: ClientLeniencies;
}
