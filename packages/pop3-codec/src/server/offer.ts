import { offeredMechanisms } from "dot-stuffing/session";
import type { Capability } from "../syntax/capabilities.ts";
import type { UserPolicies } from "./maildrop.ts";
import type { ServerSettings } from "./options.ts";
import type { Standing } from "./standing.ts";

type Moment = Pick<Standing, "state" | "tls" | "utf8">;

/**
 * The SASL mechanisms that AUTH takes, in upper case: without TLS none that sends a password or token (RFC 5034 §4).
 */
export function mechanismsOf({ mechanisms, plaintextWithoutTls }: ServerSettings, tls: boolean): readonly string[] {
  return offeredMechanisms(mechanisms, tls, plaintextWithoutTls);
}

/** Whether passwords may be sent (RFC 2595 §2.3). */
export function takesPasswords({ plaintextWithoutTls }: ServerSettings, tls: boolean): boolean {
  return tls || plaintextWithoutTls;
}

/** Whether STLS is taken: not under TLS, and not after UTF8 (RFC 2595 §4, RFC 6856 §2.1). */
export function takesStls({ stls }: ServerSettings, { tls, utf8 }: Moment): boolean {
  return stls && !tls && !utf8;
}

/**
 * The lines of CAPA (RFC 2449 §5): what is announced before the login is announced after it too, but for STLS.
 *
 * @param own what holds for the user who has logged in; null: nobody has
 */
export function capabilitiesOf(settings: ServerSettings, moment: Moment, own: UserPolicies | null): Capability[] {
  const { loginDelay, expire, implementation, utf8User: user } = settings;
  const { tls, state } = moment;
  const mechanisms = mechanismsOf(settings, tls);
  const list: Capability[] = [];
  const add = (announced: unknown, ...lines: readonly Capability[]) => {
    if (announced) list.push(...lines);
  };
  add(settings.top, { tag: "TOP" });
  add(settings.uidl, { tag: "UIDL" });
  add(settings.user && takesPasswords(settings, tls), { tag: "USER" });
  add(mechanisms.length, { tag: "SASL", mechanisms });
  add(settings.responseCodes, { tag: "RESP-CODES" }, { tag: "AUTH-RESP-CODE" });
  add(true, { tag: "PIPELINING" });
  add(takesStls(settings, moment) && state !== "transaction", { tag: "STLS" });
  add(settings.utf8, { tag: "UTF8", user });
  add(settings.languages.length, { tag: "LANG" });
  if (loginDelay)
    list.push({ tag: "LOGIN-DELAY", seconds: own?.loginDelay ?? loginDelay.value, user: !own && loginDelay.user });
  if (expire) list.push({ tag: "EXPIRE", days: own?.expire ?? expire.value, user: !own && expire.user });
  if (implementation && (own || implementation.toAll)) list.push({ tag: "IMPLEMENTATION", text: implementation.text });
  return [...list, ...settings.capabilities];
}
