import { demandList, demandOneOf, demandType } from "./check.ts";
import { ownOctets } from "./octets.ts";

/**
 * What ties an exchange to the TLS connection it runs over (RFC 5056): a type and octets that both ends of the
 * connection have, and nobody between them. The caller takes the octets from its TLS library; they are copied.
 */
export type ChannelBinding = TlsExporterBinding | TlsUniqueBinding | TlsServerEndPointBinding;

/**
 * RFC 9266, for TLS 1.3, and for TLS 1.2 with the extended master secret and without renegotiation (§4.2). For one
 * exchange of a connection alone (§4.1).
 */
export interface TlsExporterBinding {
  readonly type: "tls-exporter";
  /** 32 octets, exported as {@link TLS_EXPORTER} says. */
  readonly data: Uint8Array;
}

/** RFC 5929 §3, for TLS 1.2 and below. */
export interface TlsUniqueBinding {
  readonly type: "tls-unique";
  /** The first Finished message of the most recent handshake. */
  readonly data: Uint8Array;
  /** As OpenSSL names it, e.g. `"TLSv1.2"`. TLS 1.3 has no `tls-unique` (RFC 9266 §3). */
  readonly tlsVersion: string;
  /** Why the octets are unique: one of the two must hold (RFC 7677 §4). */
  readonly session: "extended-master-secret" | "not-resumed";
}

/** RFC 5929 §4. It binds to the server's certificate, not to the connection. */
export interface TlsServerEndPointBinding {
  readonly type: "tls-server-end-point";
  /** The hash of the server's certificate in DER, by the function that {@link serverEndPointHash} names. */
  readonly data: Uint8Array;
}

/** What to export from the connection for `tls-exporter` (RFC 9266 §2): label, context and length in octets. */
export const TLS_EXPORTER: { readonly label: string; readonly context: string; readonly length: number } = {
  label: "EXPORTER-Channel-Binding",
  context: "",
  length: 32,
};

/**
 * In the order in which a client prefers them: the default of the TLS version (RFC 9266 §3), which is tls-unique
 * wherever there is one, then what binds to the certificate alone (RFC 5929 §6).
 */
const TYPES: readonly string[] = ["tls-unique", "tls-exporter", "tls-server-end-point"];
const VERSIONS: readonly string[] = ["TLSv1", "TLSv1.1", "TLSv1.2"];

/**
 * Checks what the caller hands in, and copies the octets.
 *
 * @throws TypeError, RangeError if it is no binding, or one that does not hold for its connection
 */
export function checkChannelBinding(binding: ChannelBinding): { readonly type: string; readonly data: Uint8Array } {
  demandType("channelBinding", binding, "object");
  const { type } = binding;
  demandOneOf("channelBinding.type", type, TYPES);
  const data = ownOctets(
    "channelBinding.data",
    binding.data,
    type === "tls-exporter" ? TLS_EXPORTER.length : undefined,
  );
  if (type === "tls-unique") {
    demandOneOf("channelBinding.tlsVersion", binding.tlsVersion, VERSIONS);
    demandOneOf("channelBinding.session", binding.session, ["extended-master-secret", "not-resumed"]);
  }
  return { type, data };
}

/**
 * The binding that a client prefers (RFC 9266 §3, RFC 5929 §6): tls-unique, which there is below TLS 1.3 alone and is
 * the default there, tls-exporter, tls-server-end-point. A tls-unique of another version comes last.
 */
export function preferredBinding(bindings: readonly ChannelBinding[]): ChannelBinding | null {
  demandList("bindings", bindings, "object");
  const rank = (binding: ChannelBinding) =>
    binding.type === "tls-unique" && !VERSIONS.includes(binding.tlsVersion)
      ? TYPES.length
      : TYPES.indexOf(binding.type);
  return [...bindings].sort((one, other) => rank(one) - rank(other))[0] ?? null;
}

/**
 * The hash function for `tls-server-end-point` (RFC 5929 §4.1), from the hash functions that the signature of the
 * server's certificate uses: its own, but SHA-256 instead of MD5 and SHA-1.
 *
 * @param signatureHashes e.g. `["SHA-384"]`; none for Ed25519
 * @returns e.g. `"SHA-384"`; null: the binding is undefined for such a certificate, and there is none
 */
export function serverEndPointHash(signatureHashes: readonly string[]): string | null {
  demandList("signatureHashes", signatureHashes);
  const [hash, ...others] = new Set(
    signatureHashes.map((name) => name.toUpperCase().replace(/^SHA-?(?=\d+$)/, "SHA-")),
  );
  if (hash === undefined || others.length > 0) return null;
  return hash === "MD5" || hash === "SHA-1" ? "SHA-256" : hash;
}
