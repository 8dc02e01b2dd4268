import type { ClientMemory, Form, SaslClient, Words } from "dot-stuffing/session";
import type { Capabilities } from "../syntax/capabilities/capabilities.ts";
import type { ForwardPath } from "../syntax/path/path.ts";
import type { ClientCommand } from "./commands.ts";
import type { Declared } from "./envelope.ts";
import type { SmtpClientEvent } from "./events.ts";
import type { ClientState } from "./table.ts";

/** What a client session remembers. */
export interface SmtpClientMemory<Mechanism extends SaslClient>
  extends ClientMemory<SmtpClientEvent<Mechanism>, ClientState, ClientCommand> {
  /** `"content"`: after the reply to DATA. Chunks are commands. */
  mode: "greeting" | "commands" | "content" | "tls" | "closed";
  /** What the last hello said. */
  capabilities: Capabilities | null;
  /** The code that the last EHLO was refused with, or 0. */
  refusedHello: number;
  authenticated: boolean;
  /** What the last MAIL given declared. */
  declared: Declared;
  /** The recipients of the transaction that the server has accepted. */
  recipients: ForwardPath[];
  /** How the content under way is sent. */
  form: "data" | "chunks";
  /** How many more octets of it may be sent before every recipient is decided; below 0: none. */
  eager: number;
  /** How many MAIL commands were given in the session, and RCPT commands in the transaction: what LIMITS counts. */
  mails: number;
  rcpts: number;
  /** The domains of the session's recipients, where they are limited. */
  domains: Set<string>;
  /** In LMTP: how many recipients' replies there are to the message in work, and whether one accepts it. */
  delivered: number;
  anyDelivered: boolean;
}

export function clientMemory<Mechanism extends SaslClient>(tls: boolean): SmtpClientMemory<Mechanism> {
  return {
    tls,
    events: [],
    pulled: 0,
    pending: null,
    mode: "greeting",
    state: "greeted",
    expected: "greeted",
    sent: [],
    heard: [],
    capabilities: null,
    refusedHello: 0,
    authenticated: false,
    declared: { content: "7bit", smtputf8: false },
    recipients: [],
    form: "data",
    eager: -1,
    mails: 0,
    rcpts: 0,
    domains: new Set(),
    delivered: 0,
    anyDelivered: false,
  };
}

const states: Record<ClientState, true> = {
  greeted: true,
  ready: true,
  mail: true,
  rcpt: true,
  content: true,
  failed: true,
  busy: true,
  refused: true,
  closed: true,
};

/** What may stand in these places of a snapshot. */
export const words: Words<Pick<SmtpClientMemory<SaslClient>, "mode" | "state" | "expected" | "form">> = {
  mode: { greeting: true, commands: true, content: true, tls: true, closed: true },
  state: states,
  expected: states,
  form: { data: true, chunks: true },
};

const path: Form = { kind: "", address: "" };
const chunk: Form = { pieces: [new Uint8Array(0)], size: 0, ahead: false, void: false };

/** What stands in these places of a snapshot, if anything does. */
export const forms: { readonly [Field in keyof SmtpClientMemory<SaslClient>]?: Form } = {
  capabilities: { keywords: new Map(), auth: [""], otherLines: [""] },
  recipients: [path],
};

/** What commands in a snapshot have besides. */
export const commandForms: { readonly [Verb in ClientCommand["verb"]]?: Form } = {
  ...{ MAIL: { from: path, parameters: [{}] }, RCPT: { to: path, parameters: [{}] } },
  ...{ BDAT: chunk, BURL: chunk, message: { ...(chunk as object), stuffedLines: 0, lineEnd: 0, end: 0 } },
};
