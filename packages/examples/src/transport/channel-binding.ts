/** What ties an authentication to the TLS connection that it goes over (RFC 5056), from node:tls. */
import { createHash } from "node:crypto";
import type { TLSSocket } from "node:tls";

/** The channel bindings of RFC 9266 and RFC 5929 §3, §4, best first. */
export const channelBindingTypes = ["tls-exporter", "tls-unique", "tls-server-end-point"] as const;
export type ChannelBindingType = (typeof channelBindingTypes)[number];

/** A connection, as far as a mechanism wants to know about it. */
export interface Channel {
  /** The channel's binding data of this type; null: it has none, because there is no TLS or not the version for it. */
  channelBinding(type: ChannelBindingType): Uint8Array | null;
}

/** Reads a channel binding off an established TLS connection. @param isServer which end of it the socket is */
export function channelBinding(socket: TLSSocket, type: ChannelBindingType, isServer: boolean): Uint8Array | null {
  switch (type) {
    case "tls-exporter": {
      // Before TLS 1.3 it takes the extended master secret as well (RFC 9266 §4.2), of which Node does not tell.
      if (socket.getProtocol() !== "TLSv1.3") return null;
      return socket.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0));
    }
    case "tls-unique": {
      // Not defined for TLS 1.3 (RFC 8446 §C.5).
      if (socket.getProtocol() === "TLSv1.3") return null;
      // The first Finished message: the client's, or the server's if the session was resumed (RFC 5929 §3.1).
      const fromServer = socket.isSessionReused();
      return (fromServer === isServer ? socket.getFinished() : socket.getPeerFinished()) ?? null;
    }
    case "tls-server-end-point": {
      // Not getPeerX509Certificate(), which in Node 20 gives the certificate once only.
      const { raw } = isServer ? socket.getX509Certificate()! : socket.getPeerCertificate();
      return endPoint(raw);
    }
  }
}

/** Signature algorithms by the hexadecimal content of their object identifiers, with the hash that they use. */
const SIGNATURE_HASHES: ReadonlyMap<string, string> = new Map([
  ["2a864886f70d010104", "sha256"], // MD5 with RSA: SHA-256 stands in for it (RFC 5929 §4.1)
  ["2a864886f70d010105", "sha256"], // SHA-1 with RSA: the same
  ["2a8648ce3d0401", "sha256"], // ECDSA with SHA-1: the same
  ["2a864886f70d01010b", "sha256"],
  ["2a864886f70d01010c", "sha384"],
  ["2a864886f70d01010d", "sha512"],
  ["2a8648ce3d040302", "sha256"],
  ["2a8648ce3d040303", "sha384"],
  ["2a8648ce3d040304", "sha512"],
]);

/**
 * The hash of the server's certificate, with the hash function of its signature (RFC 5929 §4.1). Null: the signature has
 * none or several, and this binding is not defined.
 *
 * @param certificate in DER
 */
export function endPoint(certificate: Uint8Array): Uint8Array | null {
  const hash = SIGNATURE_HASHES.get(signatureAlgorithm(certificate));
  return hash === undefined ? null : createHash(hash).update(certificate).digest();
}

/**
 * `Certificate ::= SEQUENCE { tbsCertificate SEQUENCE …, signatureAlgorithm SEQUENCE { algorithm OBJECT IDENTIFIER, … }, … }`
 * (RFC 5280 §4.1). TLS has parsed the certificate, so its structure is taken for granted.
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
