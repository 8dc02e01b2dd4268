/** Which features a client was seen to use. */
import type { FeatureName } from "../covered/feature.ts";
import type { Servers } from "../world.ts";

/** Of MAIL and RCPT, and what has them. */
const parameters: Readonly<Record<string, FeatureName>> = {
  BODY: "8BITMIME",
  SIZE: "SIZE",
  RET: "DSN",
  ENVID: "DSN",
  NOTIFY: "DSN",
  ORCPT: "DSN",
  SMTPUTF8: "SMTPUTF8",
  REQUIRETLS: "REQUIRETLS",
};

/** What the SMTP server saw its clients use. */
export function observedSending({ smtp: { events, chunks } }: Servers): ReadonlySet<FeatureName> {
  const observed = new Set<FeatureName>();
  for (const event of events) {
    if (event.type === "bdat") observed.add("CHUNKING");
    if (event.type !== "mail" && event.type !== "rcpt") continue;
    for (const { keyword } of event.rawParameters) {
      const feature = parameters[keyword.toUpperCase()];
      if (feature !== undefined) observed.add(feature);
    }
  }
  if (chunks.some((chunk) => /^MAIL FROM:.*\r\nRCPT TO:/im.test(chunk))) observed.add("PIPELINING");
  return observed;
}

/** What the POP3 server saw its clients use. */
export function observedFetching({ pop3: { chunks } }: Servers): ReadonlySet<FeatureName> {
  const observed = new Set<FeatureName>();
  for (const verb of ["LIST", "UIDL", "TOP", "DELE", "RSET"] as const) {
    if (chunks.some((chunk) => new RegExp(`^${verb}\\b`, "im").test(chunk))) observed.add(verb);
  }
  if (chunks.some((chunk) => /^(RETR|LIST|UIDL|STAT|DELE)\b.*\r\n(RETR|LIST|UIDL|STAT|DELE)\b/im.test(chunk)))
    observed.add("PIPELINING");
  return observed;
}

/** @throws Error unless it is among them */
export function expectObserved(observed: ReadonlySet<FeatureName>, feature: FeatureName): void {
  if (!observed.has(feature))
    throw new Error(`it does not use ${feature}, but ${[...observed].join(", ") || "nothing"}`);
}
