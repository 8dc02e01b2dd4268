import { revealsSecret } from "dot-stuffing/session";
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
  capabilities(state: ServerState): (readonly [tag: string, parameters: readonly string[]])[];
}

export function makeOffer(settings: ServerSettings, tls: boolean): Offer {
  const open = tls || settings.plaintextWithoutTls;
  const mechanisms = open ? settings.mechanisms : settings.mechanisms.filter((name) => !revealsSecret(name));
  const user = settings.user && open;
  const stls = settings.stls && !tls;
  return {
    mechanisms,
    user,
    stls,
    capabilities: (state) => {
      const tags: (readonly [string, readonly string[]])[] = [];
      if (settings.top) tags.push(["TOP", []]);
      if (settings.uidl) tags.push(["UIDL", []]);
      if (user) tags.push(["USER", []]);
      if (mechanisms.length > 0) tags.push(["SASL", mechanisms]);
      tags.push(["RESP-CODES", []], ["AUTH-RESP-CODE", []], ["PIPELINING", []]);
      if (stls && state !== "transaction") tags.push(["STLS", []]);
      return tags;
    },
  };
}
