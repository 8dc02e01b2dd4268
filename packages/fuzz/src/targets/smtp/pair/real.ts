import { cramMd5Client, cramMd5Server, plainClient, plainServer, type SaslClient } from "sasl";
import {
  type AcceptedRecipient,
  type AuthOptions,
  type Reply,
  type SmtpClientEvent,
  SmtpClientSession,
  type SmtpServerEvent,
  SmtpServerSession,
} from "smtp-codec";
import { SessionPair } from "tools/testing";
import { holds, latin1, shown } from "../../../finding.ts";
import { Forked } from "../../forked.ts";
import { wordOf } from "./content.ts";
import { cutting, type Policies } from "./policies.ts";

type SaslServer = ReturnType<typeof plainServer>;
type Mail = Extract<SmtpServerEvent, { readonly type: "mail" }>;

/** A client and a server in memory, both of which may become others at any time. */
export class Real {
  readonly client: Forked<SmtpClientSession<SaslClient>, SmtpClientEvent<SaslClient>>;
  readonly server: Forked<SmtpServerSession<SaslServer>, SmtpServerEvent<SaslServer>>;
  readonly pair: SessionPair<SmtpClientEvent<SaslClient>, SmtpServerEvent<SaslServer>>;
  /** Messages that the server's application has taken. */
  readonly arrived: string[] = [];
  readonly #policies: Policies;
  #mechanism: SaslClient | null = null;
  #servers: SaslServer | null = null;
  /** How often the server's application has answered: each answer says its number. */
  #answers = 0;
  #mail: Mail | null = null;
  #content = "";
  #message: (SmtpServerEvent & { readonly type: "message" }) | null = null;
  #taken: AcceptedRecipient[] = [];
  /** The client's events that have been looked at. */
  #seen = 0;

  constructor(policies: Policies) {
    const { client, server, restores, cut } = policies;
    this.#policies = policies;
    this.client = new Forked(new SmtpClientSession<SaslClient>(client), restores, (snapshot) =>
      SmtpClientSession.restore(snapshot, client, this.#mechanism),
    );
    this.server = new Forked(new SmtpServerSession<SaslServer>(server), restores, (snapshot) =>
      SmtpServerSession.restore(snapshot, server, this.#servers),
    );
    this.pair = new SessionPair<SmtpClientEvent<SaslClient>, SmtpServerEvent<SaslServer>>(
      { session: this.client, answer: () => {} },
      { session: this.server, answer: (event) => this.#answer(event) },
      cutting(cut),
    ).run();
  }

  auth(name: "PLAIN" | "CRAM-MD5", password: string, options: AuthOptions): void {
    const user = { authenticationIdentity: "tim", password };
    const mechanism = name === "PLAIN" ? plainClient(user) : cramMd5Client(user);
    this.client.now.auth(mechanism, options);
    this.#mechanism = mechanism;
  }

  /** Lets both sides do all that they can, and gives the client's events since. */
  news(): string[] {
    this.pair.run();
    const news = this.pair.clientEvents.slice(this.#seen);
    this.#seen = this.pair.clientEvents.length;
    return news.map((event) => told(event, this.#policies));
  }

  #answer(event: SmtpServerEvent<SaslServer>): void {
    const { now } = this.server;
    switch (event.type) {
      case "connect":
        if (!this.#policies.takesConnections) now.reject();
        return;
      case "ehlo":
      case "lhlo":
      case "helo":
        if (event.name.startsWith("refused")) now.reject();
        if (event.name.startsWith("old")) now.reject({ code: 502 });
        return;
      case "auth":
        this.#servers = event.mechanism === "PLAIN" ? plainServer() : cramMd5Server({ challenge: "<1@a.example>" });
        now.authenticate(this.#servers);
        return;
      case "sasl": {
        const { mechanism, step } = event;
        if (step.type === "lookup") now.proceed(mechanism.provide({ password: "tanstaaf" }));
        else
          now.proceed(
            (step as { password?: string }).password === "tanstaaf" ? mechanism.accept() : mechanism.reject(),
          );
        return;
      }
      case "starttls":
        this.#say(this.#policies.doesTls ? null : 454);
        return;
      case "mail": {
        const word = wordOf(event.from.address);
        this.#mail = event;
        this.#content = "";
        this.#say(CODES[word] ?? null);
        return;
      }
      case "rcpt":
        this.#say(CODES[wordOf(event.to.address)] ?? null);
        return;
      case "data":
        this.#say(this.#sender === "nodata" ? 554 : null);
        return;
      case "bdat":
        if (this.#sender === "nobdat") this.#say(554);
        return;
      case "content":
        if (this.#sender === "nocontent") this.#say(554);
        else this.#content += latin1(event.bytes);
        return;
      case "chunk":
        this.#say(this.#sender === "nochunk" ? 554 : null);
        return;
      case "message":
        this.#message = event;
        this.#taken = [];
        holds(event.size === this.#content.length, "a message has as many octets as were handed out");
        if (event.answer === "none") return;
        this.#taken = [...event.recipients];
        if (this.#sender === "nomessage") this.#say(554);
        else {
          this.#say(null);
          this.#take();
        }
        return;
      case "delivery":
        if (wordOf(event.to.address) === "undelivered") this.#say(550);
        else {
          this.#say(null);
          this.#taken.push(this.#message!.recipients[event.index]!);
        }
        // The last of them.
        if (event.index === this.#message!.recipients.length - 1 && this.#taken.length > 0) this.#take();
        return;
      case "vrfy":
      case "expn":
        this.#say(event.argument === "nobody" ? 550 : null);
        return;
      default:
        if (event.answer === "needed" || TAKEN.includes(event.type)) this.#say(null);
    }
  }

  get #sender(): string {
    return wordOf(this.#mail?.from.address);
  }

  /** Refuses by a code, or accepts. */
  #say(code: number | null): void {
    const text = `by ${++this.#answers}`;
    if (code === null) this.server.now.accept(text);
    else this.server.now.reject({ code, text });
  }

  /** What was accepted, as the model says it. */
  #take(): void {
    const { from, parameters, forwarded } = this.#mail!;
    const mail = {
      address: from.address,
      parameters,
      with: this.#message!.with,
      forwarded: forwarded.map(({ name, value }) => `${name} ${value}`),
    };
    const to = this.#taken.map((each) => ({ address: each.to.address, parameters: each.parameters }));
    this.arrived.push(shown({ ...mail, to, content: this.#content }));
  }
}

/** What the application refuses a sender or recipient of such a name with. */
const CODES: Readonly<Record<string, number>> = { no: 550, later: 450, gone: 421 };
/** Events with an answer of the session's own that the application answers all the same. */
const TAKEN: readonly string[] = ["rset", "noop", "help", "quit", "authenticated"];

/** An event in words, as the model says it. */
function told(event: SmtpClientEvent<SaslClient>, { server }: Policies): string {
  switch (event.type) {
    case "violation":
      return `violation ${event.code}`;
    case "closed":
      return `closed ${event.cause}`;
    case "sasl":
      return "sasl";
    case "message": {
      const { outcome, reply, size, stuffedLines } = event;
      return reply === null ? `message ${outcome}` : `message ${outcome} ${said(reply)} ${size} ${stuffedLines}`;
    }
    case "delivery":
      return `delivery ${event.to.address} ${event.outcome} ${said(event.reply)}`;
    default: {
      const name = event.type === "bdat" ? `bdat ${event.size}` : event.type;
      // Neither greetings nor hellos have enhanced codes, nor has what is to go on (RFC 2034 §4).
      const plain = ["greeting", "ehlo", "helo", "data"].includes(event.type) || (event.type === "xclient" && event.ok);
      const { enhanced = null } = event.reply ?? {};
      if (!plain && event.reply !== null)
        holds(
          (enhanced !== null) === (server.enhancedStatusCodes === true),
          () => `${event.type}: ${shown(event.reply)}`,
        );
      return `${name} ${event.ok ? "ok" : "no"} ${said(event.reply)}`;
    }
  }
}

/** A reply's code, and which of the application's answers it is. */
function said(reply: Reply | null): string {
  return reply === null ? "lost" : `${reply.code} ${/(?:^|[ ])by (\d+)$/.exec(reply.lines[0]!)?.[1] ?? 0}`;
}
