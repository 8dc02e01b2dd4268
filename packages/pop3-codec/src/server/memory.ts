import { closingWords, type Form, orNull, type SaslServer, type ServerMemory, type Words } from "dot-stuffing/session";
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

/** What stands in these places of a snapshot, if anything does. */
export const forms: { readonly [Field in keyof Pop3ServerMemory<SaslServer>]?: Form } = {
  user: "",
  timestamp: "",
  language: "",
  closing: { farewell: "" },
  listing: { next: 0 },
};

const named: object = { name: "" };
const numbered: object = { number: 0 };
const listed: object = { number: orNull(0) };

/** What is needed of the events that a session may wait with. */
export const eventForms: { readonly [type: string]: object } = {
  ...{
    connect: {},
    user: named,
    pass: named,
    apop: named,
    sasl: {},
    "authentication-failed": { text: "" },
    stls: {},
    utf8: {},
  },
  ...{
    capa: {},
    stat: {},
    noop: {},
    rset: {},
    "auth-list": {},
    unknown: {},
    violation: { code: "", text: "", fatal: false },
  },
  ...{ list: listed, uidl: listed, dele: numbered, quit: { deleted: [0], expired: [0] } },
  ...{ retr: { number: 0, size: 0 }, top: { number: 0, lines: 0, size: 0 } },
  ...{ surrogate: { number: 0, size: 0, lines: orNull(0) }, lang: { range: orNull(""), language: orNull("") } },
  ...{ auth: { initialResponse: orNull(new Uint8Array(0)) }, authenticated: { authorizationIdentity: "" } },
};

/** What a session holds of its maildrop, and of a message that it sends. */
export const maildropForm: Form = {
  arrays: null,
  marks: { total: orNull(0), deleted: orNull(new Set()), deletedSize: 0, retrieved: orNull(new Set()) },
};
export const messageForm: Form = { order: { number: 0, size: 0, lines: orNull(0) }, stuffer: {}, cutter: orNull({}) };
