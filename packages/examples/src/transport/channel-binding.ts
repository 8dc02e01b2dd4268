/** What ties an authentication to the TLS connection that it goes over (RFC 5056), from node:tls. */
import { createHash } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { type ChannelBinding, serverEndPointHash, TLS_EXPORTER } from "sasl";

/** A connection, as far as a mechanism wants to know about it. */
export interface Channel {
  /** The bindings that it has; none without TLS. */
  readonly channelBindings: readonly ChannelBinding[];
  /**
   * The certificate that the other side has shown, in DER, or null. Of a client's, only that it has the key is known:
   * who it is, is for the server to say.
   */
  readonly peerCertificate: Uint8Array | null;
}

/**
 * Reads the channel bindings off an established TLS connection.
 *
 * @param isServer which end of it the socket is
 */
export function channelBindings(socket: TLSSocket, isServer: boolean): ChannelBinding[] {
  const bindings: ChannelBinding[] = [];
  const tlsVersion = socket.getProtocol();
  if (tlsVersion === "TLSv1.3") {
    // Before 1.3 it takes the extended master secret as well (RFC 9266 §4.2), of which Node does not tell.
    const { label, context, length } = TLS_EXPORTER;
    bindings.push({ type: "tls-exporter", data: socket.exportKeyingMaterial(length, label, Buffer.from(context)) });
  } else if (tlsVersion !== null && !socket.isSessionReused()) {
    // Of a session that was not resumed, the first Finished message is the client's (RFC 5929 §3.1).
    const data = isServer ? socket.getPeerFinished() : socket.getFinished();
    if (data !== undefined) bindings.push({ type: "tls-unique", data, tlsVersion, session: "not-resumed" });
  }
  // Not getPeerX509Certificate(), which in Node 20 gives the certificate once only.
  const { raw }: { raw?: Uint8Array } = isServer ? socket.getX509Certificate()! : socket.getPeerCertificate();
  const data = raw === undefined ? null : endPoint(raw); // a client that has resumed a session was shown no certificate
  if (data !== null) bindings.push({ type: "tls-server-end-point", data });
  return bindings;
}

/** The hash functions of signature algorithms, by the hexadecimal content of their object identifiers. */
const SIGNATURE_HASHES: ReadonlyMap<string, string> = new Map([
  ["2a864886f70d010104", "MD5"], // md5WithRSAEncryption
  ["2a864886f70d010105", "SHA-1"], // sha1WithRSAEncryption
  ["2a864886f70d01010b", "SHA-256"], // sha256WithRSAEncryption
  ["2a864886f70d01010c", "SHA-384"],
  ["2a864886f70d01010d", "SHA-512"],
  ["2a8648ce3d0401", "SHA-1"], // ecdsa-with-SHA1
  ["2a8648ce3d040302", "SHA-256"], // ecdsa-with-SHA256
  ["2a8648ce3d040303", "SHA-384"],
  ["2a8648ce3d040304", "SHA-512"],
]);

/**
 * The hash of the server's certificate, with the hash function of its signature (RFC 5929 §4.1). Null: the binding is
 * not defined for such a signature, or the algorithm is not known here.
 *
 * @param certificate in DER
 */
export function endPoint(certificate: Uint8Array): Uint8Array | null {
  const signatureHash = SIGNATURE_HASHES.get(signatureAlgorithm(certificate));
  const hash = serverEndPointHash(signatureHash === undefined ? [] : [signatureHash]);
  return hash === null ? null : createHash(hash).update(certificate).digest();
}

/**
 * `Certificate ::= SEQUENCE { tbsCertificate SEQUENCE …, signatureAlgorithm AlgorithmIdentifier, … }` and
 * `AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, … }` (RFC 5280 §4.1). TLS has parsed the
 * certificate, so its structure is taken for granted.
 */
function signatureAlgorithm(certificate: Uint8Array): string {
  const toBeSigned = element(certificate, element(certificate, 0).start);
  const algorithm = element(certificate, element(certificate, toBeSigned.end).start);
  return Buffer.from(certificate.subarray(algorithm.start, algorithm.end)).toString("hex");
}

/** Where the content of the DER element at an offset starts and ends. */
function element(der: Uint8Array, at: number): { readonly start: number; readonly end: number } {
  const first = der[at + 1] ?? 0;
  const lengthOctets = first < 0x80 ? 0 : first - 0x80;
  const start = at + 2 + lengthOctets;
  const length = lengthOctets === 0 ? first : der.subarray(at + 2, start).reduce((sum, octet) => sum * 256 + octet, 0);
  return { start, end: start + length };
}
