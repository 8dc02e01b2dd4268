/** How a connection comes to TLS. */
export type Tls = "STARTTLS" | "implicit TLS" | "none";

export const tlsWords: Readonly<Record<Tls, { readonly SMTP: string; readonly POP3: string }>> = {
  STARTTLS: { SMTP: "over STARTTLS", POP3: "over STLS" },
  "implicit TLS": { SMTP: "over implicit TLS", POP3: "over implicit TLS" },
  none: { SMTP: "without TLS", POP3: "without TLS" },
};

/** What a server must be for a client that comes this way. */
export function serverFor(tls: Tls): { readonly allowPlaintext: boolean; readonly implicitTls: boolean } {
  return { allowPlaintext: tls === "none", implicitTls: tls === "implicit TLS" };
}
