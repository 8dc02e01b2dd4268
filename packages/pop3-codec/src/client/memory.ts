import { type ClientMemory, type Form, orNull, type SaslClient, type Words } from "dot-stuffing/session";
import type { Capabilities } from "../syntax/capabilities.ts";
import type { DropListing } from "../syntax/listing.ts";
import type { Response } from "../syntax/response.ts";
import type { ClientCommand } from "./command.ts";
import type { Pop3ClientEvent } from "./events.ts";
import type { LoginProgress } from "./login.ts";
import { type ClientState, clientTable } from "./table.ts";

/** What a client session remembers. */
export interface Pop3ClientMemory<Mechanism extends SaslClient>
  extends ClientMemory<Pop3ClientEvent<Mechanism>, ClientState, ClientCommand> {
  /** `"lines"`: of a multi-line response, after its status line. */
  mode: "greeting" | "commands" | "lines" | "tls" | "closed";
  /** What the last CAPA said; null: unknown. */
  capabilities: Capabilities | null;
  /** Whether that was before the login. */
  askedBeforeLogin: boolean;
  /** The greeting's. */
  timestamp: string | null;
  /** Whether UTF8 was given. */
  utf8: boolean;
  /** What STAT said, until marks change it. */
  stat: DropListing | null;
  /** The status of the response whose lines are read. */
  response: Response | null;
  login: LoginProgress | null;
}

export function clientMemory<Mechanism extends SaslClient>(tls: boolean): Pop3ClientMemory<Mechanism> {
  return {
    tls,
    events: [],
    pulled: 0,
    pending: null,
    mode: "greeting",
    state: "authorization",
    expected: "authorization",
    sent: [],
    heard: [],
    capabilities: null,
    askedBeforeLogin: false,
    timestamp: null,
    utf8: false,
    stat: null,
    response: null,
    login: null,
  };
}

const states: Record<ClientState, true> = {
  authorization: true,
  name: true,
  transaction: true,
  busy: true,
  closed: true,
};

/** What may stand in these places of a snapshot. */
export const words: Words<Pick<Pop3ClientMemory<SaslClient>, "mode" | "state" | "expected" | "login">> = {
  mode: { greeting: true, commands: true, lines: true, tls: true, closed: true },
  state: states,
  expected: states,
  login: { method: { AUTH: true, APOP: true, USER: true } },
};

/** What stands in these places of a snapshot, if anything does. */
export const forms: { readonly [Field in keyof Pop3ClientMemory<SaslClient>]?: Form } = {
  capabilities: { list: [{ tag: "" }], tags: new Map(), sasl: [""], lines: [""] },
  timestamp: "",
  stat: { count: 0, size: 0 },
  response: { ok: false, text: "" },
  login: { asked: false, secured: false, misfired: false, end: orNull({ ok: false, failure: orNull("") }) },
};

const command: Form = { multiLine: false, about: {}, announced: orNull(0) };

/** What commands in a snapshot have besides. */
export const commandForms: { readonly [verb: string]: Form } = Object.fromEntries(
  Object.keys(clientTable).map((verb) => [verb, command]),
);
