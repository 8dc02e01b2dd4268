/** The `with` values of SMTP and LMTP (RFC 5321 §4.4, RFC 3848 §1, RFC 6531 §4.3). */
export type WithProtocol = "SMTP" | `${"ESMTP" | "UTF8SMTP" | "LMTP" | "UTF8LMTP"}${"" | "S" | "A" | "SA"}`;

/** What a transaction's `with` value depends on. */
export interface ProtocolInput {
  /** Which hello the client sent. */
  readonly hello: "HELO" | "EHLO" | "LHLO";
  readonly tls?: boolean;
  readonly authenticated?: boolean;
  /** Whether MAIL had the SMTPUTF8 parameter. */
  readonly smtputf8?: boolean;
}

/**
 * The `with` value of a transaction. After HELO it is SMTP, whatever else holds, as no other is registered for it.
 *
 * @example
 * ```ts
 * withProtocol({ hello: "EHLO", tls: true, authenticated: true }); // ESMTPSA
 * ```
 */
export function withProtocol({ hello, tls, authenticated, smtputf8 }: ProtocolInput): WithProtocol {
  if (hello === "HELO") return "SMTP";
  const plain = hello === "LHLO" ? "LMTP" : "ESMTP";
  const base = smtputf8 ? (hello === "LHLO" ? "UTF8LMTP" : "UTF8SMTP") : plain;
  if (tls) return authenticated ? `${base}SA` : `${base}S`;
  return authenticated ? `${base}A` : base;
}
