import { cell, type Verb as Ordered } from "../../../../../smtp-codec/test/pair/order.ts";
import type { Message } from "./content.ts";
import { offered, type Policies } from "./policies.ts";

/** Every command that a client gives here. `end` is the end of content by DATA. */
export type Verb = Exclude<Ordered, "BURL"> | ("HELP" | "EXPN" | "ETRN" | "XCLIENT" | "XFORWARD" | "end");

/** What is answered by one reply: its code, and which of the application's answers it is; 0: the session's own. */
export interface Answer {
  readonly code: number;
  readonly by: number;
}

/** A command on its way. */
export interface Given {
  readonly verb: Verb;
  /** Whether it is on the wire: chunks may not be, and then are not sent where their message has failed. */
  sent: boolean;
  /** Of a chunk: whether it may go ahead of the recipients' replies, and whether its message has failed. */
  readonly ahead?: boolean;
  readonly message?: Message;
  /** The client's events, and what changes on both sides. */
  answered(): void;
  /** The fate of a message that was broken off after it, told behind its own event. */
  fate?: string;
}

/** Parameters of MAIL or RCPT with their types, and whom they are of. */
export interface Party {
  readonly address: string;
  readonly parameters: object;
}

/**
 * What the RFCs say of the order of commands, of what is offered, of limits and of content, and where it leads both
 * sides.
 */
export interface Model {
  readonly policies: Policies;
  readonly client: {
    /** Where it stands by what was answered, and once all that was given succeeds. */
    state: string;
    expected: string;
    tls: boolean;
    authenticated: boolean;
    /** What the last hello was answered with. */
    capabilities: ReadonlySet<string> | null;
    /** The code that EHLO was refused with. */
    refusedHello: number;
    /** What LIMITS counts: commands that were given. */
    mails: number;
    rcpts: number;
    readonly domains: Set<string>;
    /** The content that MAIL declared. */
    declared: "7bit" | "8bit" | "binary";
    /** Accepted ones of the transaction. */
    recipients: string[];
    /** What is being written. */
    writing: Message | null;
  };
  readonly server: {
    state: string;
    hello: "HELO" | "EHLO" | null;
    authenticated: boolean;
    /** Whether an XCLIENT has said LOGIN: what one says holds after the next. */
    named: boolean;
    transactions: number;
    errors: number;
    /** Whether what follows in a group is refused through no fault of the client's. */
    groupBroken: boolean;
    authFailures: number;
    readonly domains: Set<string>;
    forwarded: readonly string[];
    mail: (Party & { readonly with: string; readonly forwarded: readonly string[] }) | null;
    recipients: Party[];
    /** Content of the message that is coming, and what it will be refused with. */
    received: string;
    refusal: Answer | null;
  };
  /** Commands without an answer, the oldest first. */
  given: Given[];
  /** The client's events since all was answered last. */
  events: string[];
  /** Messages that the server has taken. */
  readonly arrived: string[];
  /** How often the server's application has answered. */
  answers: number;
}

export function modelOf(policies: Policies): Model {
  const state = policies.takesConnections ? "greeted" : "refused";
  return {
    policies,
    client: {
      state,
      expected: state,
      tls: false,
      authenticated: false,
      capabilities: null,
      refusedHello: 0,
      mails: 0,
      rcpts: 0,
      domains: new Set(),
      declared: "7bit",
      recipients: [],
      writing: null,
    },
    server: {
      state,
      hello: null,
      authenticated: false,
      named: false,
      transactions: 0,
      errors: 0,
      groupBroken: false,
      authFailures: 0,
      domains: new Set(),
      forwarded: [],
      mail: null,
      recipients: [],
      received: "",
      refusal: null,
    },
    given: [],
    events: [policies.takesConnections ? "greeting ok 220 0" : "greeting no 554 0"],
    arrived: [],
    answers: 0,
  };
}

/** Verbs that the table of order has no rows for: where they may stand, and lead. */
const STAYS: ReadonlySet<string> = new Set(["NOOP", "HELP", "VRFY", "EXPN"]);
const BESIDES: Readonly<Record<string, string>> = { ETRN: "ready", XFORWARD: "ready", XCLIENT: "greeted" };

/** Where a command leads that succeeds; a number: it is refused without asking anybody. */
export function leadsTo(verb: Verb, state: string): string | number {
  if (state === "closed" || state === "busy" || state === "content") return 503;
  if (state === "refused") return verb === "QUIT" ? "closed" : 503;
  if (STAYS.has(verb)) return state;
  // Between two chunks there is nothing but the next one, and what ends the transaction.
  if (state === "chunks")
    return verb === "BDAT" ? state : ["MAIL", "RCPT", "DATA"].includes(verb) ? 503 : leadsTo(verb, "failed");
  if (verb in BESIDES) return state === "ready" ? BESIDES[verb]! : 503;
  return cell(verb as Ordered, state as "ready");
}

/** What nobody is asked for before TLS, or before AUTH, is demanded (RFC 3207 §4, RFC 4954 §6). */
const BEFORE_TLS: readonly Verb[] = ["NOOP", "EHLO", "STARTTLS", "QUIT"];
const BEFORE_AUTH: readonly Verb[] = ["AUTH", "EHLO", "HELO", "STARTTLS", "XCLIENT", "NOOP", "RSET", "QUIT"];
/** Verbs that come with an extension, where that is not of the verb's name. */
const EXTENSION: Readonly<Record<string, string>> = { BDAT: "CHUNKING" };
const EXTENSIONS: readonly Verb[] = ["AUTH", "STARTTLS", "BDAT", "ETRN", "ATRN", "XCLIENT", "XFORWARD"];

/** The code that a command out of place is refused with; 0: it is in its place. */
export function outOfPlace(model: Model, verb: Verb): number {
  const { policies, server, client } = model;
  const { state, authenticated } = server;
  if (state === "refused") return verb === "QUIT" ? 0 : 503;
  // After HELO no extension is offered; EXPN and HELP are no extensions for a server.
  const here = server.hello === "HELO" ? new Set() : offered(policies, client.tls);
  if (EXTENSIONS.includes(verb) && !here.has(EXTENSION[verb] ?? verb)) return 502;
  if (verb === "EXPN" && !policies.server.expn) return 502;
  if (verb === "HELP" && !policies.server.help) return 502;
  if (policies.server.requireTls && !client.tls && !BEFORE_TLS.includes(verb)) return 530;
  if ((policies.server.requireAuth || verb === "ATRN") && !authenticated && !BEFORE_AUTH.includes(verb)) return 530;
  const next = leadsTo(verb, state);
  // In LMTP content without recipients is out of order (RFC 2033 §4.2).
  if (typeof next === "number") return next === 554 && policies.server.protocol === "lmtp" ? 503 : next;
  return verb === "AUTH" && authenticated ? 503 : 0;
}

/** The session refuses a command by itself. Too many end it, but for what follows from another refusal. */
export function refuse(model: Model, code: number, verb: Verb): Answer {
  const { server } = model;
  const follower = ["RCPT", "DATA", "BDAT"].includes(verb);
  const follows = follower && [503, 530, 554].includes(code);
  if (code !== 452 && !(follows && server.groupBroken)) server.errors++;
  if (verb === "MAIL" || (follower && !follows)) server.groupBroken = true;
  return { code, by: 0 };
}

/** The server's application answers a command that counts where it is refused. In LMTP none does. */
export function judged(model: Model, code: number): Answer {
  if (code >= 500 && model.policies.server.protocol !== "lmtp") model.server.errors++;
  return answer(model, code);
}

/** The server's application answers. */
export function answer(model: Model, code: number): Answer {
  return { code, by: ++model.answers };
}

/** The event of a command with its reply: as `told` says it of the client's. */
export function tell(model: Model, type: string, { code, by }: Answer): void {
  model.events.push(`${type} ${code < 400 ? "ok" : "no"} ${code} ${by}`);
}

/** What a reply leads a client to. */
export function arrive(model: Model, verb: Verb): void {
  const next = leadsTo(verb, model.client.state);
  if (typeof next === "string") model.client.state = next;
}

/** Whether a command is of a transaction that has come to nothing, as the client stands now. */
function isVain({ verb }: Given, { client }: Model): boolean {
  return (verb === "MAIL" || verb === "RCPT" || verb === "DATA") && typeof leadsTo(verb, client.state) === "number";
}

/** Once all that was sent is answered, what is left of a transaction that has come to nothing is not sent any more. */
export function dropVain(model: Model): void {
  const { given, events } = model;
  while (given[0]?.sent === false && isVain(given[0], model)) {
    const { verb, fate } = given.shift()!;
    events.push(`${verb.toLowerCase()} no lost`);
    if (fate !== undefined) events.push(fate);
  }
}

/** Commands after which others may be sent before their reply has come (RFC 2920 §3.1, RFC 3030 §4.2). */
const FOLLOWED: readonly Verb[] = ["MAIL", "RCPT", "RSET", "BDAT", "XFORWARD", "end"];

/** Sends what may be sent. Once all is answered, what comes next depends on the answers. */
export function send(model: Model): void {
  const { policies, client, given } = model;
  if (given.length === 0 && client.state !== "closed")
    client.expected = client.writing === null ? client.state : "content";
  const grouped = policies.client.pipelining && client.capabilities?.has("PIPELINING");
  const most = policies.client.protocol === "lmtp" ? 1 : 16;
  for (const [at, command] of given.entries()) {
    if (command.sent) continue;
    const last = given[at - 1];
    if (last !== undefined) {
      if (!grouped || !FOLLOWED.includes(last.verb)) return;
      const underWay = given.slice(0, at);
      if (command.verb === "RCPT" && isVain(command, model) && !underWay.some(({ verb }) => verb === "MAIL")) return;
      const chunk = command.verb === "BDAT";
      if (!chunk && last.verb === "BDAT") return;
      const ahead = command.ahead && client.state !== "failed" && !underWay.some(({ verb }) => verb === "RSET");
      if (chunk && !(given[0]!.verb === "BDAT" ? at < most : ahead)) return;
    }
    command.sent = true;
  }
}

/** The connection is gone. */
export function close(model: Model, cause: string): void {
  model.events.push(`closed ${cause}`);
  model.client.state = model.client.expected = "closed";
  model.server.state = "closed";
}
