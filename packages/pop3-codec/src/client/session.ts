import { type AuthOptions, checkType, type SaslClient, type SessionSnapshot, StateError } from "dot-stuffing/session";
import type { Capabilities } from "../syntax/capabilities.ts";
import { formatCommand } from "../syntax/format-command.ts";
import { formatNumber } from "../syntax/text.ts";
import { apopCommand, type ClientCommand, clientCommand, type GivenCommand, passCommand } from "./command.ts";
import {
  beginLogin,
  checkLogin,
  giveLoginUp,
  type LoginOptions,
  type LoginStep,
  proceedLogin,
  takesUtf8,
} from "./login.ts";
import { clientSettings, type Pop3ClientOptions } from "./options.ts";
import { Pop3ClientReader } from "./reader.ts";
import type { ClientVerb } from "./table.ts";

/** The longest AUTH command with an initial response, in octets with CRLF (RFC 5034 §4). */
const MAX_COMMAND_LINE = 255;
/** How long to wait for a response: RFC 1939 names no figure; RFC 5321 §4.5.3.2 has this one for SMTP. In seconds. */
const TIMEOUT = 300;

/**
 * The client's side of a POP3 connection (RFC 1939), without I/O. Commands are methods; each is checked against the
 * state that those before it lead to, with a StateError where `clientTable` has none for it, and sent when the protocol
 * allows. Each has one event with the server's response, after the entries or the content that belong to it.
 *
 * @typeParam Mechanism the type of the mechanism objects handed to `auth`, which `"sasl"` events carry
 * @example
 * ```ts
 * const session = new Pop3ClientSession({ tls: true });
 * for (const event of session.receive(chunk)) {
 *   if (event.type === "greeting" && event.ok) session.login({ name: "tim", password: "tanstaaf" });
 *   if (event.type === "login" && event.ok) session.retr(1).quit();
 *   if (event.type === "content") file.write(event.bytes);
 * }
 * for (let bytes; (bytes = session.takeOutput()); ) socket.write(bytes);
 * ```
 */
export class Pop3ClientSession<Mechanism extends SaslClient = SaslClient> extends Pop3ClientReader<Mechanism> {
  #login: LoginOptions<Mechanism> | null = null;

  /** @throws TypeError or RangeError naming the option that cannot be */
  constructor(options: Pop3ClientOptions = {}) {
    super(clientSettings(options));
  }

  /**
   * A session that goes on where the snapshot was taken.
   *
   * @param mechanism of the exchange of AUTH that was under way
   * @param login what was handed to the `login` that was under way
   * @throws TypeError for anything but a snapshot of a client session, or without what was under way
   */
  static restore<Mechanism extends SaslClient = SaslClient>(
    snapshot: SessionSnapshot,
    options: Pop3ClientOptions = {},
    mechanism: Mechanism | null = null,
    login: LoginOptions<Mechanism> | null = null,
  ): Pop3ClientSession<Mechanism> {
    const session = new this<Mechanism>(options).takeOver(snapshot, mechanism); // a class that names itself is renamed by the build
    session.#login = login;
    if (session.memory.login === null) return session;
    if (login === null) throw new TypeError('"login" expected the options of the login that was under way');
    checkLogin("login", login);
    return session;
  }

  /** What the last CAPA said; null: unknown. */
  get capabilities(): Capabilities | null {
    return this.memory.capabilities;
  }

  /**
   * The tags among the capabilities whose figures may be others since the login: those that depend on the user, of a
   * list that was asked for before it (RFC 2449 §6.5, §6.7).
   */
  get mayHaveChanged(): ("LOGIN-DELAY" | "EXPIRE")[] {
    const { capabilities, askedBeforeLogin, state } = this.memory;
    if (capabilities === null || !askedBeforeLogin || state !== "transaction") return [];
    return (["LOGIN-DELAY", "EXPIRE"] as const).filter((tag) => {
      const capability = capabilities.tags.get(tag);
      return capability?.tag === tag && capability.user;
    });
  }

  /**
   * The greeting's timestamp, for APOP; null: none, or TLS or a security layer has begun since (RFC 2595 §4, RFC 5034
   * §4).
   */
  get timestamp(): string | null {
    return this.memory.timestamp;
  }

  /**
   * How long to wait for what is awaited, in seconds; null while nothing is. `for` is the command whose response comes
   * next, until all that belongs to it has come, or the greeting. It stays the same through a long message: the time
   * begins anew with every event, each `content` and each entry of a listing among them, and with output, not with
   * every read.
   */
  get timeout(): { readonly seconds: number; readonly for: ClientVerb | "greeting" } | null {
    if (this.memory.mode === "greeting") return { seconds: TIMEOUT, for: "greeting" };
    const awaited = this.memory.sent[0]?.verb;
    return awaited === undefined ? null : { seconds: TIMEOUT, for: awaited };
  }

  /**
   * Logs in by what the server and the caller have in common: CAPA, if nothing is known, and STLS and CAPA anew, then
   * one of AUTH, APOP, and USER with PASS. Each has its event; `"login"` is the last. While `waiting` is `"tls"`, the
   * handshake is the caller's.
   *
   * What `choose`, `apop` and `prepare` throw comes out of `nextEvent()`, and so does an error for what they return: a
   * mechanism that the server does not list, or that was used already. Nothing has changed then: `nextEvent()` asks
   * again, `login()` goes on with other options, and `quit()` ends it, with a `"login"` event whose failure is
   * `"broken-off"`.
   *
   * @throws TypeError or RangeError for an option that cannot be, and a name or password that cannot be sent
   */
  login(options: LoginOptions<Mechanism>): this {
    checkLogin("options", options);
    const { memory } = this;
    if (!memory.login?.misfired) this.expect("AUTH", "login");
    const { name, password } = options;
    // Whether the server takes UTF-8 is not known yet.
    if (name !== undefined) this.#format({ verb: "USER", name: this.#prepared("name", name) }, true);
    if (password !== undefined) this.#format(passCommand(this.#prepared("password", password)), true);
    this.#login = options;
    memory.login = beginLogin(memory.login);
    memory.expected = this.idleState;
    return this;
  }

  /**
   * Begins a login by name and password.
   *
   * @throws StateError also where the password would be sent without TLS
   * @throws RangeError for a name with spaces, other than visible ASCII unless `UTF8 USER` was announced, or empty
   */
  user(name: string): this {
    this.expectSafe("user()", !this.settings.plaintextWithoutTls, BEFORE_TLS);
    return this.#give({ verb: "USER", name: this.#prepared("name", name) });
  }

  /**
   * Follows `user`; it is not sent if the server refuses the name.
   *
   * @throws StateError anywhere else
   * @throws RangeError for other than printable ASCII unless `UTF8 USER` was announced, or empty
   */
  pass(password: string): this {
    return this.#give(passCommand(this.#prepared("password", password)));
  }

  /**
   * Logs in by a digest (RFC 1939 §7).
   *
   * @param digest of timestamp and password, 32 lower-case hexadecimal digits: `apopDigest` of `sasl` makes it
   * @throws StateError also without a timestamp
   * @throws RangeError for a name as that of `user`, and for another digest
   */
  apop(name: string, digest: string): this {
    this.expectTls("apop()", BEFORE_TLS);
    if (this.memory.timestamp === null)
      throw new StateError("apop()", "without a timestamp in the greeting", this.legal());
    return this.#give(apopCommand(this.#prepared("name", name), digest));
  }

  /**
   * Begins an exchange with a mechanism (RFC 5034). It ends with an `"auth"` event.
   *
   * @throws StateError unless the server is known to list it, or `force` is set; without TLS, for one that shows a
   *   password or token, or at all if TLS is required
   * @throws TypeError or RangeError for what is no mechanism, or no option
   */
  auth(mechanism: Mechanism, options: AuthOptions = {}): this {
    this.expect("AUTH");
    this.#beginAuth(mechanism, options);
    return this;
  }

  /** Asks what the server is capable of (RFC 2449 §5). @throws StateError */
  capa(): this {
    return this.#give({ verb: "CAPA" });
  }

  /**
   * Asks for TLS, offered or not. Once its event is `ok`, `waiting` is `"tls"`.
   *
   * @throws StateError also under TLS and after `utf8` (RFC 2595 §4)
   */
  stls(): this {
    if (!this.#stlsPossible)
      throw new StateError("stls()", this.tls ? "while TLS is active" : "after UTF8", this.legal());
    return this.#give({ verb: "STLS" });
  }

  /**
   * Asks for UTF-8 in messages and listings (RFC 6856 §2). STLS is not possible after it, also where it was refused
   * (§2.1).
   *
   * @throws StateError
   */
  utf8(): this {
    this.#give({ verb: "UTF8" });
    this.memory.utf8 = true;
    return this;
  }

  /**
   * Asks for texts in a language, `"*"` for the server's choice; without one, for the languages it has (RFC 6856 §3).
   *
   * @throws StateError, RangeError
   */
  lang(language: string | null = null): this {
    return this.#give({ verb: "LANG", language });
  }

  /** Asks for the number of messages and the sum of their sizes. @throws StateError outside of a transaction */
  stat(): this {
    return this.#give({ verb: "STAT" });
  }

  /**
   * Asks for the size of message n, or of all.
   *
   * @throws StateError outside of a transaction, RangeError unless n is a whole number from 1
   */
  list(n: number | null = null): this {
    return this.#give({ verb: "LIST", number: n });
  }

  /**
   * Asks for the unique-id of message n, or of all.
   *
   * @throws as `list`; StateError if CAPA has it not, without the leniency `unlistedCommands`
   */
  uidl(n: number | null = null): this {
    this.#expectListed("UIDL");
    return this.#give({ verb: "UIDL", number: n });
  }

  /**
   * Asks for message n: `content` events, then `retr`.
   *
   * @param size what LIST has announced, in octets: if the message has another, a violation says so
   * @throws as `list`; RangeError for a size that is not a whole number
   */
  retr(n: number, size: number | null = null): this {
    if (size !== null) formatNumber("size", size);
    return this.#give({ verb: "RETR", number: n }, size);
  }

  /**
   * Asks for the header of message n and the first lines of its body: `content` events, then `top`.
   *
   * @throws as `uidl`, also for the lines
   */
  top(n: number, lines: number): this {
    this.#expectListed("TOP");
    return this.#give({ verb: "TOP", number: n, lines });
  }

  /** Marks message n as deleted; it is removed by `quit`. @throws as `list` */
  dele(n: number): this {
    return this.#give({ verb: "DELE", number: n });
  }

  /** Asks for nothing but an answer. @throws StateError outside of a transaction */
  noop(): this {
    return this.#give({ verb: "NOOP" });
  }

  /** Unmarks what is marked as deleted. @throws StateError outside of a transaction */
  rset(): this {
    return this.#give({ verb: "RSET" });
  }

  /**
   * Ends the session; the server removes what is marked as deleted (RFC 1939 §6). A `login` that has misfired ends with
   * it.
   *
   * @throws StateError
   */
  quit(): this {
    const { login } = this.memory;
    if (login?.misfired) {
      giveLoginUp(login);
      this.endLogin();
    }
    return this.#give({ verb: "QUIT" });
  }

  /**
   * A SASL mechanism has negotiated a security layer, and its `"auth"` event was pulled: what was learnt before is
   * forgotten (RFC 5034 §4). From here on the caller protects what `takeOutput()` gives, and gives `receive()` what it
   * has unprotected.
   *
   * @returns protected octets that were received already, in pieces: those after the CRLF of the response
   * @throws StateError unless AUTH has just succeeded, no command is under way, and nothing after the response has been
   *   read
   */
  beginSecurityLayer(): Uint8Array<ArrayBuffer>[] {
    const unread = this.takeProtected(this.idle);
    const { memory } = this;
    memory.capabilities = memory.timestamp = null;
    memory.utf8 = false;
    return unread;
  }

  /** For `Pop3Retrieval`: whether QUIT was given and may have been carried out, and its event has not been pulled. */
  protected get quitting(): boolean {
    const { sent, events, pulled } = this.memory;
    if ((this.queue.toArray().at(-1) ?? sent.at(-1))?.verb === "QUIT") return true;
    return events.slice(pulled).some((event) => event.type === "quit" && event.deletions !== "none");
  }

  /** For `Pop3Retrieval`: whether a command that was given waits to be sent. */
  protected get waits(): boolean {
    return this.queue.first !== undefined;
  }

  /** For `Pop3Retrieval`: takes RETR n back. False: it does not wait to be sent. */
  protected takeBack(n: number): boolean {
    const isIt = ({ verb, about }: ClientCommand) => verb === "RETR" && about.number === n;
    if (this.memory.sent.some(isIt)) return false;
    const waiting = this.queue.takeAll();
    const at = waiting.findIndex(isIt);
    for (const [index, command] of waiting.entries()) if (index !== at) this.queue.push(command);
    return at >= 0;
  }

  protected override proceedAlone(): boolean {
    const { login, capabilities, timestamp } = this.memory;
    if (login === null) return false;
    if (login.end !== null) {
      this.endLogin();
      return true;
    }
    const { tls, settings } = this;
    const { requireTls, plaintextWithoutTls } = settings;
    const facts = { tls, stlsPossible: this.#stlsPossible, requireTls, plaintextWithoutTls, capabilities, timestamp };
    const options = this.#login!;
    proceedLogin(login, options, facts, (step) => this.#giveStep(step, options));
    return true;
  }

  /** Its options go with it: they hold the password. */
  protected override endLogin(): void {
    super.endLogin();
    this.#login = null;
  }

  /** Gives the commands of a step of a login. */
  #giveStep(step: LoginStep<Mechanism>, options: LoginOptions<Mechanism>): void {
    switch (step.do) {
      case "CAPA":
      case "STLS":
        this.#queue({ verb: step.do });
        return;
      case "AUTH":
        this.#beginAuth(step.mechanism, { force: options.method === "AUTH" });
        return;
      case "APOP":
        this.#queue(apopCommand(this.#prepared("name", options.name!), options.apop!(this.memory.timestamp!)));
        return;
      case "USER": {
        const pass = passCommand(this.#prepared("password", options.password!));
        this.#queue({ verb: "USER", name: this.#prepared("name", options.name!) }, pass);
      }
    }
  }

  #beginAuth(mechanism: Mechanism, options: AuthOptions): void {
    const { capabilities } = this.memory;
    const { plaintextWithoutTls, leniencies } = this.settings;
    this.beginAuth(mechanism, "busy", options, {
      maxCommandLine: MAX_COMMAND_LINE,
      // Without a SASL capability no initial response is known to be taken (RFC 5034 §3).
      twoStep: !capabilities?.tags.has("SASL"),
      challengeNotBase64: leniencies.textAsEmptyChallenge,
      textBehindChallenge: false,
      offered: capabilities?.sasl ?? [],
      plaintextWithoutTls,
      beforeTls: BEFORE_TLS,
    });
  }

  #give(command: GivenCommand, announced: number | null = null): this {
    return this.give(clientCommand(command, this.#format(command), announced));
  }

  /** Queues commands of the session's own: the application's have to wait. */
  #queue(...commands: readonly GivenCommand[]): void {
    const made = commands.map((command) => clientCommand(command, this.#format(command)));
    for (const command of made) this.queue.push(command);
    this.pump();
  }

  #format(command: GivenCommand, utf8User: boolean = takesUtf8(this.memory.capabilities)): string {
    return formatCommand(command, { utf8User });
  }

  #prepared(field: string, text: string): string {
    const { prepare } = this.settings;
    checkType(field, "string", text);
    if (prepare === undefined) return text;
    const prepared: unknown = prepare(text, "query");
    if (typeof prepared === "string" && prepared !== "") return prepared;
    const { rule } = Object(prepared) as { readonly rule?: unknown };
    throw new RangeError(`"${field}" cannot be prepared${typeof rule === "string" ? `: ${rule}` : ""}`);
  }

  /** Whether STLS may be given: TLS is not active, and UTF8 was not given (RFC 6856 §2.1). */
  get #stlsPossible(): boolean {
    return !this.tls && !this.memory.utf8;
  }

  #expectListed(verb: "TOP" | "UIDL"): void {
    const { capabilities } = this.memory;
    if (this.settings.leniencies.unlistedCommands || (capabilities?.tags.has(verb) ?? true)) return;
    throw new StateError(`${verb.toLowerCase()}()`, "on a server that does not list it", this.legal());
  }
}

/** For `Pop3Retrieval`: see {@link Pop3ClientSession.quitting}. */
export function isQuitting(session: Pop3ClientSession): boolean {
  return session["quitting"];
}

/** For `Pop3Retrieval`: see {@link Pop3ClientSession.waits}. */
export function isWaiting(session: Pop3ClientSession): boolean {
  return session["waits"];
}

/** For `Pop3Retrieval`: see {@link Pop3ClientSession.takeBack}. */
export function takeBack(session: Pop3ClientSession, n: number): boolean {
  return session["takeBack"](n);
}

const BEFORE_TLS = "stls() and quit()";
