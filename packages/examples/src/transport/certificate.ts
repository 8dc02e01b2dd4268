import { generate } from "selfsigned";

/** A key and its certificate in PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/**
 * Makes a certificate for this host and the loopback addresses, signed by itself: for trying things out, and for
 * nothing else.
 *
 * @param isAuthority whether it says that it is an authority's: rustls, which Deno and workerd have, takes no such one
 *   for a server's
 */
export async function makeCertificate(host = "localhost", isAuthority = true): Promise<Certificate> {
  const { private: key, cert } = await generate([{ name: "commonName", value: host }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: isAuthority },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: host },
          { type: 7, ip: "127.0.0.1" },
          { type: 7, ip: "::1" },
        ],
      },
    ],
  });
  return { key, cert };
}
