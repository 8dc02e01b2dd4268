/** What a question is. The ids are in the record, so that they stay what they are. */

import type { Said } from "../scripted-server.ts";

/** How far a session has come before the input, each stage after those before it. */
export const stages = ["connected", "greeted", "hello", "login", "mail", "rcpt", "content"] as const;
export type Stage = (typeof stages)[number];

export interface Question {
  readonly id: string;
  /** What is asked, in a few words. */
  readonly title: string;
  /** The family of the published generators that it is an instance of. */
  readonly family: string | null;
}

/** Something sent to a server. */
export interface ServerQuestion extends Question {
  readonly kind: "end" | "content" | "codes" | "tls";
  readonly behind: Stage;
  /** As Latin-1; each is sent when there is a reply to the one before. The last one contains the end of the session. */
  readonly flights: readonly string[];
  /** For content: what the message's body is without its final dot, and the octets that are asked about. */
  readonly sent?: string;
  readonly odd?: string;
}

/** Something said, or given, to a client. */
export interface ClientQuestion extends Question {
  /** What stands in the place of the good answer, by the turn that it answers. */
  readonly replies: Readonly<Record<string, Said>>;
  /** The body of the message that a client sends, or that there is to fetch. */
  readonly body?: string;
  /** The octets that are asked about in it. */
  readonly odd?: string;
  /** Whether the client is told to use STARTTLS or STLS. Default false: it comes without TLS. */
  readonly tls?: boolean;
}

/** Questions that have a vocabulary in common. */
export interface Group<Kind extends Question = Question> {
  readonly id: string;
  readonly title: string;
  /** What is done, and what the answers mean: Markdown. */
  readonly text: string;
  readonly questions: readonly Kind[];
}
