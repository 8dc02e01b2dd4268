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
export function observedSending({ smtp: { events, batches } }: Servers): ReadonlySet<FeatureName> {
  const observed = new Set<FeatureName>();
  for (const event of events) {
    if (event.type === "bdat") observed.add("CHUNKING");
    if (event.type !== "mail" && event.type !== "rcpt") continue;
    for (const { keyword } of event.rawParameters) {
      const feature = parameters[keyword.toUpperCase()];
      if (feature !== undefined) observed.add(feature);
    }
  }
  if (batches.some((batch) => /^MAIL FROM:.*\r\nRCPT TO:/im.test(batch))) observed.add("PIPELINING");
  return observed;
}

const VERBS = ["LIST", "UIDL", "TOP", "DELE", "RSET"] as const;
const TWO_COMMANDS = /^(RETR|LIST|UIDL|STAT|DELE|TOP)\b.*\r\n(RETR|LIST|UIDL|STAT|DELE|TOP)\b/im;

/** What the POP3 server saw its clients use. */
export function observedFetching({ pop3: { chunks, batches } }: Servers): ReadonlySet<FeatureName> {
  const seen = VERBS.filter((verb) => chunks.some((chunk) => new RegExp(`^${verb}\\b`, "im").test(chunk)));
  return new Set<FeatureName>([
    ...seen,
    ...(batches.some((batch) => TWO_COMMANDS.test(batch)) ? ["PIPELINING" as const] : []),
  ]);
}

/** How a server is, and a client comes to it, so that it is seen whether it waits for replies. */
export const SEES_PIPELINING = { server: { delay: 200, allowPlaintext: true }, client: { tls: "none" } } as const;

/** @throws Error unless it is among them */
export function expectObserved(observed: ReadonlySet<FeatureName>, feature: FeatureName): void {
  if (!observed.has(feature))
    throw new Error(`it does not use ${feature}, but ${[...observed].join(", ") || "nothing"}`);
}
