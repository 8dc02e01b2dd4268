import { randomBytes } from "../web.ts";
import type { ServerSettings } from "./options.ts";

/** The greeting's timestamp, which must differ for every session (RFC 1939 §7); null: no APOP. */
export function makeTimestamp(apop: ServerSettings["apop"]): string | null {
  if (apop === null || "timestamp" in apop) return apop?.timestamp ?? null;
  const random = Array.from(randomBytes(16), (octet) => octet.toString(16).padStart(2, "0")).join("");
  return `<${random}@${apop.host}>`;
}
