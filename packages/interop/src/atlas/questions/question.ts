/** What a question is. The ids are in the record, so that they stay what they are. */

/** How far a session has come before the input, each stage behind those before it. */
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
  /** What stands in the place of the good answer, by the command that it answers. */
  readonly replies: Readonly<Record<string, string>>;
  /** For a client that sends: the body that it is given. For one that fetches: the body that it has to come to. */
  readonly body?: string;
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
