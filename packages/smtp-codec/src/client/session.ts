import {
  type AuthOptions,
  checkTexts,
  checkType,
  type SaslClient,
  type SessionSnapshot,
  StateError,
  withDefaults,
} from "dot-stuffing/session";
import type { Capabilities } from "../syntax/capabilities/capabilities.ts";
import type { Attribute, AttributeCommand, XclientName, XforwardName } from "../syntax/command/attributes.ts";
import type { Command, EtrnCommand } from "../syntax/command/command.ts";
import { formatCommand } from "../syntax/command/format.ts";
import { expectHost } from "../syntax/command/hello.ts";
import { MAX_COMMAND_LINE } from "../syntax/command/line.ts";
import { newDomain } from "../syntax/path/mailbox.ts";
import type { ForwardPath, ReversePath } from "../syntax/path/path.ts";
import { ClientContent } from "./content.ts";
import {
  checkMailOptions,
  checkRcptOptions,
  type MailOptions,
  mailNames,
  type PreparedMail,
  type PreparedRcpt,
  prepareMail,
  prepareRcpt,
  type RcptOptions,
  rcptNames,
} from "./envelope.ts";
import type { SmtpClientEvent } from "./events.ts";
import { clientSettings, type SmtpClientOptions } from "./options.ts";
import { toForwardPath, toReversePath } from "./paths.ts";
import { lineOf, notOffered } from "./sendable.ts";

/** How VRFY and EXPN go. */
export interface LookupOptions {
  /** Whether the reply may hold characters beyond ASCII (RFC 6531 §3.7.4.2). Needs SMTPUTF8. Default false. */
  readonly smtputf8?: boolean;
}

/** How much more LIMITS allows (RFC 9422); Infinity where there is no limit. */
export interface Remaining {
  /** MAIL commands of the session. */
  readonly mails: number;
  /** RCPT commands of the transaction. */
  readonly recipients: number;
  /** Domains of recipients, besides those that count already. */
  readonly domains: number;
  /** Those that count already, in lower case; none where domains are not limited. */
  readonly countedDomains: ReadonlySet<string>;
}

const BEFORE_TLS = "starttls() and quit()";

/**
 * The client's side of an SMTP or LMTP connection (RFC 5321, RFC 2033), without I/O. Commands are methods; each is
 * checked against the state that those before it lead to, and sent when the protocol allows. Each has one event with
 * the server's reply.
 *
 * @typeParam Mechanism the type of the mechanism objects handed to `auth`, which `"sasl"` events carry
 * @example
 * ```ts
 * const session = new SmtpClientSession();
 * for await (const chunk of socket) {
 *   for (const event of session.receive(chunk)) {
 *     if (event.type === "greeting") session.ehlo("client.example.com");
 *     if (event.type === "ehlo") session.mail("a@example.com").rcpt("b@example.org").data();
 *     if (event.type === "data" && event.ok) session.content(message);
 *     if (event.type === "message") session.quit();
 *   }
 *   for (let bytes; (bytes = session.takeOutput()); ) socket.write(bytes);
 * }
 * ```
 */
export class SmtpClientSession<Mechanism extends SaslClient = SaslClient> extends ClientContent<Mechanism> {
  /** @throws TypeError for options that are no object, RangeError for an option outside its range. */
  constructor(options: SmtpClientOptions = {}) {
    super(clientSettings(options));
  }

  /**
   * A session that goes on where the one was that made the snapshot.
   *
   * @param options those of the other session
   * @param mechanism of the exchange of AUTH, if the snapshot was taken in one: an object in the same state
   * @throws TypeError for anything but a snapshot of a client session of this version
   */
  static restore<Mechanism extends SaslClient = SaslClient>(
    snapshot: SessionSnapshot,
    options: SmtpClientOptions = {},
    mechanism: Mechanism | null = null,
  ): SmtpClientSession<Mechanism> {
    return new this<Mechanism>(options).takeOver(snapshot, mechanism); // a class that names itself is renamed by the build
  }

  /** Whether an AUTH has succeeded. That TLS begins, or an XCLIENT is accepted, makes it false again. */
  get authenticated(): boolean {
    return this.memory.authenticated;
  }

  /** What the last hello said; null before one, and after TLS has begun. Empty after HELO. */
  get capabilities(): Capabilities | null {
    return this.memory.capabilities;
  }

  /** How much more LIMITS allows, by what was given so far, refused or not (RFC 9422 §4). */
  get remaining(): Remaining {
    const limits = this.memory.capabilities?.limits;
    const { mails, rcpts, domains } = this.memory;
    const left = (limit: number | null | undefined, used: number) =>
      limit == null ? Number.POSITIVE_INFINITY : Math.max(0, limit - used);
    return {
      mails: left(limits?.mailMax, mails),
      recipients: left(limits?.rcptMax, rcpts),
      domains: left(limits?.rcptDomainMax, domains.size),
      countedDomains: domains,
    };
  }

  /** EHLO, in LMTP LHLO. @param name the client's domain or address literal @throws RangeError for another text */
  ehlo(name: string): this {
    const line = formatCommand({
      verb: this.lmtp ? "LHLO" : "EHLO",
      name: expectHost("name", name),
      nameKind: "other",
    });
    return this.give({ verb: "EHLO", line });
  }

  /**
   * For servers that know no EHLO: after it no extension is offered.
   *
   * @throws RangeError as `ehlo` does
   * @throws StateError in LMTP, and after an EHLO that was refused by another code than 500 or 502 (RFC 5321 §3.2)
   */
  helo(name: string): this {
    const code = this.memory.refusedHello;
    const lenient = this.settings.leniencies.heloAfterAny5yz && code >= 500;
    if (this.lmtp) throw new StateError("helo()", "in LMTP", "ehlo()");
    if (![0, 500, 502].includes(code) && !lenient) {
      throw new StateError("helo()", `after an EHLO refused by ${code}`, "ehlo() and quit()");
    }
    const line = formatCommand({ verb: "HELO", name: expectHost("name", name), nameKind: "other" });
    return this.give({ verb: "HELO", line });
  }

  /**
   * Begins a mail transaction.
   *
   * @param from the reverse-path; `""` is the null path. One beyond ASCII adds SMTPUTF8
   * @throws RangeError naming the argument that is no mailbox or outside its range, and for a line that is too long.
   * @throws StateError for what the server does not offer, beyond LIMITS unless forced, and where TLS is wanted before
   *   it.
   */
  mail(from: ReversePath | string, options: MailOptions = {}): this {
    this.expect("MAIL");
    this.expectTls("mail()", BEFORE_TLS);
    checkMailOptions("options", options, mailNames);
    const command = prepareMail(toReversePath(from), options, this.memory.capabilities!, this.tls);
    return this.giveMail(command, options.force);
  }

  /**
   * @param to the forward-path
   * @throws RangeError unless it is a mailbox, or Postmaster; for values outside their range, and for a line that is
   *   too long
   * @throws StateError for what the server does not offer, a path beyond ASCII without SMTPUTF8, and beyond LIMITS
   *   unless forced
   */
  rcpt(to: ForwardPath | string, options: RcptOptions = {}): this {
    this.expect("RCPT");
    const { capabilities, declared } = this.memory;
    checkRcptOptions("options", options, rcptNames);
    return this.giveRcpt(prepareRcpt(toForwardPath(to), options, capabilities!, declared.smtputf8), options.force);
  }

  /**
   * Gives the transaction up (RFC 5321 §4.1.1.5).
   *
   * @throws StateError while content is being sent, a hello, AUTH, STARTTLS, ATRN or XCLIENT is under way, after QUIT,
   *   and where the greeting refused the connection
   */
  rset(): this {
    return this.#simple({ verb: "RSET" });
  }

  /** Does nothing but have a reply (RFC 5321 §4.1.1.9). @throws StateError as `rset` does */
  noop(): this {
    return this.#simple({ verb: "NOOP", argument: null });
  }

  /** @throws RangeError for a topic that is not printable ASCII */
  help(topic: string | null = null): this {
    return this.#simple({ verb: "HELP", argument: topic });
  }

  /** @throws RangeError for an argument that is empty or not printable */
  vrfy(argument: string, options: LookupOptions = {}): this {
    return this.#lookup("VRFY", argument, options);
  }

  /** Asks for the members of a list. @throws RangeError as `vrfy` does; StateError where EXPN is not offered */
  expn(argument: string, options: LookupOptions = {}): this {
    this.expectOffered("expn()", "EXPN");
    return this.#lookup("EXPN", argument, options);
  }

  /**
   * Asks for the mail that waits for a host (RFC 1985).
   *
   * @param node a domain, `@` and a domain for all below it too, or `#` and the name of a queue
   * @throws RangeError for anything else; StateError where ETRN is not offered
   */
  etrn(node: string): this {
    this.expectOffered("etrn()", "ETRN");
    checkType("node", "string", node);
    const option = node[0] === "@" || node[0] === "#" ? node[0] : null;
    const command: EtrnCommand = { verb: "ETRN", option, node: option === null ? node : node.slice(1) };
    return this.give({ verb: "ETRN", line: lineOf(command), argument: node });
  }

  /**
   * Asks for the mail of these domains, or of all, over this connection (RFC 2645). If it succeeds the connection is a
   * server's.
   *
   * @throws RangeError for an empty list, and a domain of fewer than two labels; StateError where ATRN is not offered
   */
  atrn(domains: readonly string[] | null = null): this {
    this.expectOffered("atrn()", "ATRN");
    if (domains !== null) checkTexts("domains", domains);
    return this.give({ verb: "ATRN", line: lineOf({ verb: "ATRN", domains }) });
  }

  /** Speaks for another client (Postfix's XCLIENT): after it a hello is needed. @throws as `xforward` does */
  xclient(attributes: readonly Attribute<XclientName>[]): this {
    return this.#attributes({ verb: "XCLIENT", attributes });
  }

  /**
   * Tells of another client, for logs (Postfix's XFORWARD). `spreadAttributes` makes several commands of many
   * attributes.
   *
   * @throws RangeError for attributes outside their range, and more than fit 512 octets
   * @throws StateError for an attribute that the server does not list
   */
  xforward(attributes: readonly Attribute<XforwardName>[]): this {
    return this.#attributes({ verb: "XFORWARD", attributes });
  }

  /**
   * Ends the session: the server replies, and closes the connection (RFC 5321 §4.1.1.10).
   *
   * @throws StateError as `rset` does, but for a greeting that refused the connection
   */
  quit(): this {
    return this.#simple({ verb: "QUIT" });
  }

  /** Asks for TLS. Once its event is `ok`, `waiting` is `"tls"`. It may be asked for though it is not offered. */
  starttls(): this {
    if (this.tls) throw new StateError("starttls()", "while TLS is active", this.legal());
    return this.#simple({ verb: "STARTTLS" });
  }

  /**
   * Authenticates through a mechanism object, one for each exchange.
   *
   * @throws StateError for a mechanism that the server does not list, unless forced; without TLS, for one that shows a
   *   password or token, unless that is wanted; once authenticated; where TLS is wanted before it.
   */
  auth(mechanism: Mechanism, options: AuthOptions = {}): this {
    const { memory, settings } = this;
    this.expect("AUTH");
    if (memory.authenticated) throw new StateError("auth()", "once authenticated", this.legal());
    const { challengeNotBase64, textBehindChallenge } = settings.leniencies;
    this.beginAuth(mechanism, "busy", options, {
      ...{ maxCommandLine: MAX_COMMAND_LINE, twoStep: false, challengeNotBase64, textBehindChallenge },
      offered: memory.capabilities!.auth,
      plaintextWithoutTls: settings.plaintextMechanismsWithoutTls,
      beforeTls: BEFORE_TLS,
    });
    return this;
  }

  /**
   * The mechanism has negotiated a security layer, and its `"auth"` event was pulled: what was learnt before is
   * forgotten (RFC 4954 §4), and a hello comes next. From here on the caller protects what `takeOutput()` gives, and
   * gives `receive()` what it has unprotected.
   *
   * @returns protected octets that were received already, in pieces: those after the CRLF of the reply
   * @throws StateError unless AUTH has just succeeded, no command is under way, and nothing after the reply has been
   *   read
   */
  beginSecurityLayer(): Uint8Array<ArrayBuffer>[] {
    const unread = this.takeProtected(!this.underWay);
    this.startOver("STARTTLS");
    return unread;
  }

  // What a front of the session, as `SmtpTransaction` is, calls of it stands in recordings by its name: `expectTls`,
  // `giveMail`, `giveRcpt`, `putBack` and `writeDrawn` are not to be renamed, or old recordings cannot be replayed.

  /** As `mail`, of what is prepared. */
  protected giveMail({ command, declared }: PreparedMail, force: boolean | undefined): this {
    const { memory } = this;
    this.#expectLeft("mail()", "MAILMAX", this.remaining.mails, force);
    this.give(command);
    memory.declared = declared;
    memory.mails++;
    memory.rcpts = 0;
    return this;
  }

  /** As `rcpt`, of what is prepared. */
  protected giveRcpt(command: PreparedRcpt, force: boolean | undefined): this {
    const { memory } = this;
    const { recipients, domains } = this.remaining;
    const domain = domains === Number.POSITIVE_INFINITY ? null : newDomain(command.to, memory.domains);
    this.#expectLeft("rcpt()", "RCPTMAX", recipients, force);
    if (domain !== null) this.#expectLeft("rcpt()", "RCPTDOMAINMAX", domains, force);
    this.give(command);
    memory.rcpts++;
    if (domain !== null) memory.domains.add(domain);
    return this;
  }

  /** Lets `closed`, which something in front of the session has pulled, be pulled once more. */
  protected putBack(closed: SmtpClientEvent<Mechanism> & { readonly type: "closed" }): void {
    this.memory.events.push(closed);
  }

  protected override expectTls(call: string, legal: string): void {
    super.expectTls(call, legal);
    const { capabilities } = this.memory;
    if (this.settings.tlsWhenOffered && !this.tls && capabilities?.keywords.has("STARTTLS")) {
      throw new StateError(call, "before TLS, which the server offers and tlsWhenOffered demands", legal);
    }
  }

  #simple(command: Command & { readonly verb: "RSET" | "NOOP" | "HELP" | "QUIT" | "STARTTLS" }): this {
    return this.give({ verb: command.verb, line: lineOf(command) });
  }

  #lookup(verb: "VRFY" | "EXPN", argument: string, options: LookupOptions): this {
    const { smtputf8 } = withDefaults("options", options, { smtputf8: false });
    const call = `${verb.toLowerCase()}()`;
    this.expectTls(call, BEFORE_TLS);
    if (smtputf8) this.expectOffered(`${call} with smtputf8`, "SMTPUTF8");
    return this.give({ verb, line: lineOf({ verb, argument, smtputf8 }), argument });
  }

  #attributes(command: AttributeCommand): this {
    const { verb, attributes } = command;
    const call = `${verb.toLowerCase()}()`;
    this.expectOffered(call, verb);
    const { xclient, xforward } = this.memory.capabilities!;
    const listed = verb === "XCLIENT" ? xclient! : xforward!;
    const line = lineOf(command);
    const missing = attributes.find(({ name }) => !listed.includes(name));
    if (missing !== undefined) throw notOffered(`${call} with ${missing.name}`, missing.name, `${call} without it`);
    return this.give({ verb, line });
  }

  #expectLeft(call: string, limit: string, left: number, force: boolean | undefined): void {
    if (left === 0 && force !== true) throw new StateError(call, `beyond the server's ${limit}`, "force: true");
  }
}

/** For `SmtpTransaction`, before anything is begun. @throws StateError where TLS is wanted before MAIL */
export function expectTlsForMail<Mechanism extends SaslClient>(session: SmtpClientSession<Mechanism>): void {
  session["expectTls"]("mail()", BEFORE_TLS);
}

/** For `SmtpTransaction`: what is prepared already. @throws StateError as `mail` and `rcpt` do */
export function giveEnvelope<Mechanism extends SaslClient>(
  session: SmtpClientSession<Mechanism>,
  mail: PreparedMail,
  recipients: readonly PreparedRcpt[],
): void {
  session["giveMail"](mail, false);
  for (const recipient of recipients) session["giveRcpt"](recipient, false);
}

/** For `SmtpTransaction`: see {@link SmtpClientSession.writeDrawn}. */
export function writeDrawn<Mechanism extends SaslClient>(
  session: SmtpClientSession<Mechanism>,
  bytes: Uint8Array,
): void {
  session["writeDrawn"](bytes);
}

/** For `SmtpTransaction`: whether all output was taken. */
export function isTaken<Mechanism extends SaslClient>(session: SmtpClientSession<Mechanism>): boolean {
  return session["output"].empty;
}

/** For `SmtpTransaction`: see {@link SmtpClientSession.putBack}. */
export function putBack<Mechanism extends SaslClient>(
  session: SmtpClientSession<Mechanism>,
  closed: SmtpClientEvent<Mechanism> & { readonly type: "closed" },
): void {
  session["putBack"](closed);
}
