import { checkChoice, checkNames, checkObject, checkType, outOfRange, StateError } from "dot-stuffing/session";
import { type Capabilities, offeredParameters, offers } from "../syntax/capabilities/capabilities.ts";
import { asciiUpperCase } from "../syntax/characters.ts";
import { isFault } from "../syntax/fault.ts";
import { type EsmtpParameter, formatParameters } from "../syntax/parameters/esmtp-parameter.ts";
import type { Offered } from "../syntax/parameters/parameter.ts";
import {
  type MailParameters,
  mailParameterSet,
  type ParameterSet,
  type RcptParameters,
  rcptParameterSet,
} from "../syntax/parameters/sets.ts";
import { mailParameters, maxLineLength, rcptParameters, typeParameters } from "../syntax/parameters/typed.ts";
import { needsSmtputf8 } from "../syntax/path/mailbox.ts";
import type { ForwardPath, ReversePath } from "../syntax/path/path.ts";
import { toAuthPath } from "./paths.ts";
import { lineOf, notOffered, shortEnough, unsendableError } from "./sendable.ts";

/** What content is: octets up to 127; any in lines; or any octets at all, which are nobody's lines. */
export type ContentKind = "7bit" | "8bit" | "binary";

/** What goes with MAIL: the parameters of extensions, by their names. One that the server does not offer throws. */
export interface MailOptions extends Omit<MailParameters, "body" | "auth"> {
  /**
   * What the content will be. `"8bit"` (default) needs 8BITMIME, and declares it; `"binary"` needs BINARYMIME, declares
   * that, and goes by `bdat` alone; `"7bit"` is checked as it is written: an octet above 127 ends the connection
   * without the final dot.
   */
  readonly content?: ContentKind;
  /** The message's size in octets, declared where SIZE is offered and left out elsewhere. */
  readonly size?: number;
  /** Who submitted the message (RFC 4954 §5); `""` for "unknown". Needs AUTH. */
  readonly auth?: ReversePath | string;
  /** Parameters of extensions not known here, as they are written; whether they are offered is the caller's to know. */
  readonly parameters?: readonly EsmtpParameter[];
  /** Goes beyond what LIMITS allows. Default false. */
  readonly force?: boolean;
}

/** What goes with RCPT: the parameters of extensions, by their names. One that the server does not offer throws. */
export interface RcptOptions extends RcptParameters {
  /** Parameters of extensions not known here, as they are written; whether they are offered is the caller's to know. */
  readonly parameters?: readonly EsmtpParameter[];
  /** Goes beyond what LIMITS allows. Default false. */
  readonly force?: boolean;
}

const MAIL_NAMES = ["content", "parameters", ...Object.keys(mailParameterSet).filter((name) => name !== "body")];
const RCPT_NAMES = ["parameters", ...Object.keys(rcptParameterSet)];
/** The names of what mail() and rcpt() take: an envelope has no use for `force`. */
export const mailNames: readonly string[] = [...MAIL_NAMES, "force"];
export const rcptNames: readonly string[] = [...RCPT_NAMES, "force"];

/**
 * Checks what goes with MAIL, but for the values of parameters, which are checked as they are written.
 *
 * @param place what it is called
 * @throws TypeError for a name that there is not, and for what is of another type; RangeError for another kind of
 *   content
 */
export function checkMailOptions(place: string, options: MailOptions, names: readonly string[] = MAIL_NAMES): void {
  checkNames(place, options, names);
  checkChoice("content", options.content, ["8bit", "7bit", "binary"]);
  checkOwn(options);
}

/** The same for what goes with RCPT. */
export function checkRcptOptions(place: string, options: RcptOptions, names: readonly string[] = RCPT_NAMES): void {
  checkNames(place, options, names);
  checkOwn(options);
}

function checkOwn({ parameters = [], force = false }: RcptOptions): void {
  checkType("force", "boolean", force);
  for (const parameter of checkType("parameters", "array", parameters)) {
    const { keyword, value } = checkObject("parameters", parameter);
    checkType("parameters.keyword", "string", keyword);
    if (value !== null) checkType("parameters.value", "string", value);
  }
}

/** What a server offers here and now: REQUIRETLS under TLS alone (RFC 8689 §4.2.1). */
export function offeredHere(capabilities: Capabilities, tls: boolean): Offered {
  return (extension) => (extension === "REQUIRETLS" && !tls ? undefined : offeredParameters(capabilities, extension));
}

/** A MAIL command, and what it declares. */
export interface PreparedMail {
  readonly command: {
    readonly verb: "MAIL";
    readonly line: string;
    readonly from: ReversePath;
    readonly parameters: readonly EsmtpParameter[];
  };
  readonly declared: Declared;
}

/** What a MAIL command declares the transaction to be. */
export interface Declared {
  readonly content: ContentKind;
  readonly smtputf8: boolean;
}

/**
 * Makes a MAIL command of what the application gave.
 *
 * @throws StateError for what is not offered, RangeError for what the grammar or the announced limits do not allow; the
 *   latter is unsendable, and so is an ENVID that a server may have taken, and that is too long to send
 */
export function prepareMail(
  from: ReversePath,
  options: MailOptions,
  capabilities: Capabilities,
  tls: boolean,
): PreparedMail {
  const { content = "8bit", size, auth, parameters: others = [], force: _, ...rest } = options;
  if (content === "8bit" && !offers(capabilities, "8BITMIME")) {
    throw notOffered("mail() with 8-bit content", "8BITMIME", 'content: "7bit"');
  }
  if (content === "binary" && !offers(capabilities, "BINARYMIME")) {
    throw notOffered("mail() with binary content", "BINARYMIME and CHUNKING", 'content: "8bit"');
  }
  // Also where the server does not offer SIZE, and would not see it: what is wrong must not hang on the server.
  if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0)) {
    throw outOfRange("SIZE", "a whole number of octets");
  }
  const smtputf8 = options.smtputf8 === true || needsSmtputf8(from);
  const typed: MailParameters = {
    ...(size !== undefined && offers(capabilities, "SIZE") && { size }),
    ...(content !== "7bit" && { body: content === "8bit" ? ("8BITMIME" as const) : ("BINARYMIME" as const) }),
    ...(auth !== undefined && { auth: toAuthPath(auth) }),
    ...rest,
    ...(smtputf8 && { smtputf8 }),
  };
  const offered = offeredHere(capabilities, tls);
  const { envid } = rest;
  if (envid !== undefined) expectWritable(() => mailParameters({ envid }, offered));
  const parameters = [...mailParameters(typed, offered), ...asKeywords(others)];
  expectOffered("mail()", mailParameterSet, parameters, offered);
  const line = lineOf({ verb: "MAIL", from, parameters }, () => maxLineLength(mailParameterSet, offered));
  return { command: { verb: "MAIL", line, from, parameters }, declared: { content, smtputf8 } };
}

/** A RCPT command. */
export interface PreparedRcpt {
  readonly verb: "RCPT";
  readonly line: string;
  readonly to: ForwardPath;
  readonly parameters: readonly EsmtpParameter[];
}

/**
 * Makes a RCPT command of what the application gave.
 *
 * @param to as `toForwardPath` gives it, which has parsed it: it is written without another look
 * @param smtputf8 whether the transaction has it
 * @throws as {@link prepareMail} does
 */
export function prepareRcpt(
  to: ForwardPath,
  options: RcptOptions,
  capabilities: Capabilities,
  smtputf8: boolean,
): PreparedRcpt {
  if (needsSmtputf8(to) && !smtputf8) {
    throw new StateError("rcpt() beyond ASCII", "in a transaction without SMTPUTF8", "mail() with smtputf8: true");
  }
  const { parameters: others = [], force: _, ...typed } = options;
  const here: Offered = (extension) => offeredParameters(capabilities, extension);
  // An address in ORCPT is UTF-8 in a transaction with SMTPUTF8 alone (RFC 6533 §3).
  const forUtf8: Offered = (extension) => (extension === "SMTPUTF8" && !smtputf8 ? undefined : here(extension));
  const { orcpt } = typed;
  if (orcpt !== undefined) expectWritable(() => rcptParameters({ orcpt }, forUtf8));
  const written = rcptParameters(typed, forUtf8);
  const parameters = [...written, ...asKeywords(others)];
  expectOffered("rcpt()", rcptParameterSet, parameters, here);
  const text = `RCPT TO:<${to.address}>${formatParameters(parameters, { smtputf8 })}\r\n`;
  const line = shortEnough("RCPT", text, () => maxLineLength(rcptParameterSet, here));
  return { verb: "RCPT", line, to, parameters };
}

/**
 * Parameters of DSN come from other hops, and longer than they may be written (RFC 3461 §4.2, §4.4).
 *
 * @throws RangeError then, which is unsendable
 */
function expectWritable(write: () => EsmtpParameter[]): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw unsendableError({ code: "not-sendable", extension: "DSN" }, error.message);
  }
}

/** Keywords are the same in any case (RFC 5321 §4.1.1.11), and are sent, and judged, in capitals. */
function asKeywords(parameters: readonly EsmtpParameter[]): EsmtpParameter[] {
  return parameters.map(({ keyword, value }) => ({ keyword: asciiUpperCase(keyword), value }));
}

/** The keywords that a set knows, each with the first of the extensions that bring it. */
const keywordsOf = (set: ParameterSet): ReadonlyMap<string, string> =>
  new Map(Object.values(set).map(({ keyword, extensions }) => [keyword, Object.keys(extensions)[0]!]));
const KNOWN: ReadonlyMap<ParameterSet, ReadonlyMap<string, string>> = new Map(
  [mailParameterSet, rcptParameterSet].map((set: ParameterSet) => [set, keywordsOf(set)]),
);

/** Judges the parameters that are known here as a server would. */
function expectOffered(call: string, set: ParameterSet, parameters: readonly EsmtpParameter[], offered: Offered): void {
  const known = KNOWN.get(set)!;
  const refused = typeParameters(
    set,
    parameters.filter(({ keyword }) => known.has(keyword)),
    offered,
  );
  if (!isFault(refused)) return;
  const { field, text, extension } = refused;
  if (extension !== undefined) throw notOffered(`${call} with ${field}`, extension, `${call} without it`);
  throw unsendableError({ code: "not-taken", extension: known.get(field)! }, `"${field}" ${text}`);
}
