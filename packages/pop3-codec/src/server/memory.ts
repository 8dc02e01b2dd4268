import { closingWords, type SaslServer, type ServerMemory, type Words } from "dot-stuffing/session";
import type { Pop3ServerEvent } from "./events.ts";
import type { Listing } from "./listing.ts";
import type { Standing } from "./standing.ts";

type Changing<Type> = { -readonly [Name in keyof Type]: Type[Name] };

/** What a server session remembers, as plain data. */
export interface Pop3ServerMemory<Mechanism extends SaslServer>
  extends ServerMemory<Pop3ServerEvent<Mechanism>>,
    Changing<Standing> {
  tls: boolean;
  mode: "connect" | "commands" | "content" | "sasl" | "tls" | "closed";
  /** The answer to LIST or UIDL that is under way. */
  listing: Listing | null;
  /** Faulty commands and failed logins so far. */
  errors: number;
  failedLogins: number;
}

/** What a session begins with. */
export function serverMemory<Mechanism extends SaslServer>(tls: boolean): Pop3ServerMemory<Mechanism> {
  return {
    tls,
    events: [],
    pulled: 0,
    pending: null,
    plaintextSeen: false,
    closing: null,
    mode: "connect",
    state: "authorization",
    name: "",
    user: null,
    timestamp: null,
    utf8: false,
    language: null,
    listing: null,
    errors: 0,
    failedLogins: 0,
  };
}

/** What may stand in these places of a snapshot. */
export const words: Words<Pick<Pop3ServerMemory<SaslServer>, "mode" | "state" | "listing" | "closing">> = {
  mode: { connect: true, commands: true, content: true, sasl: true, tls: true, closed: true },
  state: { authorization: true, name: true, transaction: true },
  listing: { type: { list: true, uidl: true } },
  closing: closingWords,
};
