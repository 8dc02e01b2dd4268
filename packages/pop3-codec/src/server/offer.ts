import { offeredMechanisms } from "dot-stuffing/session";
import type { Capability } from "../syntax/capabilities.ts";
import type { ServerSettings } from "./options.ts";
import type { ServerState } from "./table.ts";

/** What a server offers at one moment: it changes with TLS. */
export interface Offer {
  /** The SASL mechanisms that AUTH takes, in upper case. */
  readonly mechanisms: readonly string[];
  /** Whether USER and PASS are taken. */
  readonly user: boolean;
  /** Whether STLS is taken. */
  readonly stls: boolean;
  /** The lines of CAPA (RFC 2449 §5): STLS is announced only where it would be accepted. */
  capabilities(state: ServerState): Capability[];
}

export function makeOffer(settings: ServerSettings, tls: boolean): Offer {
  const open = tls || settings.plaintextWithoutTls;
  const mechanisms = offeredMechanisms(settings.mechanisms, tls, settings.plaintextWithoutTls);
  const user = settings.user && open;
  const stls = settings.stls && !tls;
  return {
    mechanisms,
    user,
    stls,
    capabilities: (state) => {
      const list: Capability[] = [];
      if (settings.top) list.push({ tag: "TOP" });
      if (settings.uidl) list.push({ tag: "UIDL" });
      if (user) list.push({ tag: "USER" });
      if (mechanisms.length > 0) list.push({ tag: "SASL", mechanisms });
      list.push({ tag: "RESP-CODES" }, { tag: "AUTH-RESP-CODE" }, { tag: "PIPELINING" });
      if (stls && state !== "transaction") list.push({ tag: "STLS" });
      return list;
    },
  };
}
