import {
  type Answer,
  answer,
  arrive,
  close,
  leadsTo,
  type Model,
  outOfPlace,
  refuse,
  send,
  tell,
  type Verb,
} from "./model.ts";
import type { Real } from "./real.ts";

/** What an application does: what it throws, what the model makes of it. */
export interface Step {
  /** Texts that it is called with; what is none of them is as the first, unless any text will do. */
  readonly texts: readonly string[];
  readonly free?: boolean;
  /** Whether all has to be answered before, so that what follows can be told. */
  readonly settles?: (model: Model, text: string) => boolean;
  /** The name of what the call throws; "": nothing. */
  throws(model: Model, text: string): string;
  give(real: Real, text: string): unknown;
  /** What it changes. */
  given(model: Model, text: string): void;
}

/** A command with one reply. */
export interface Command {
  readonly verb: Verb;
  readonly texts?: readonly string[];
  /** Whether the client's own rules allow it, besides its place in the order. */
  readonly may?: (model: Model, text: string) => boolean;
  give(real: Real, text: string): unknown;
  /** What is known as soon as it is given. */
  readonly counts?: (model: Model, text: string) => void;
  /** The server's application answers, in its place. Default: it accepts with 250. */
  readonly served?: (model: Model, text: string) => Answer;
  /** What success changes, on both sides, after the client's event. */
  readonly done?: (model: Model, text: string) => void;
  readonly settles?: Step["settles"];
}

/** A hello, AUTH or handshake decides what is legal next. */
const BUSY: readonly Verb[] = ["EHLO", "HELO", "AUTH", "STARTTLS", "XCLIENT", "ATRN"];

export function command({ verb, texts = [""], may, give, counts, served, done, settles }: Command): Step {
  return {
    texts,
    ...(settles && { settles }),
    throws: (model, text) =>
      typeof leadsTo(verb, model.client.expected) === "string" && (may?.(model, text) ?? true) ? "" : "StateError",
    give,
    given(model, text) {
      const { client } = model;
      counts?.(model, text);
      if (BUSY.includes(verb)) client.expected = "busy";
      else client.expected = leadsTo(verb, client.expected) as string;
      const answered = () => {
        if (verb === "MAIL") client.recipients = [];
        const refused = outOfPlace(model, verb);
        const reply = refused ? refuse(model, refused, verb) : (served?.(model, text) ?? answer(model, 250));
        tell(model, verb.toLowerCase(), reply);
        if (reply.code < 400) {
          done?.(model, text);
          if (model.client.state !== "closed") arrive(model, verb);
        }
        if (reply.code === 421) close(model, "reply-421");
      };
      model.given.push({ verb, sent: false, answered });
      send(model);
    },
  };
}

/** Whether the last hello offered an extension. */
export const offers = ({ client }: Model, keyword: string) => client.capabilities?.has(keyword) === true;

/** What a client does not do before TLS, where that is wanted (RFC 3207 §6). */
export function mayBeforeTls({ client, policies }: Model): boolean {
  if (client.tls) return true;
  const { requireTls, tlsWhenOffered } = policies.client;
  return !requireTls && !(tlsWhenOffered && client.capabilities?.has("STARTTLS"));
}
