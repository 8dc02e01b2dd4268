import { shown } from "../../../finding.ts";
import { type Answer, answer, judged, leadsTo, type Model, outOfPlace, refuse, send, tell } from "./model.ts";

/** Content on its way. */
export interface Message {
  readonly form: "data" | "chunks";
  /** Any octets at all, which are nobody's lines. */
  readonly binary: boolean;
  /** What the application has written. */
  text: string;
  /** How many more octets may go ahead of the recipients' replies; below 0: none. */
  eager: number;
  /** Whether all is written, and whether it has failed. */
  ended: boolean;
  failed: boolean;
}

/** The sender's and recipients' names say what the server's application makes of them. */
export const wordOf = (address = ""): string => address.split("@")[0]!;

const MOST = 65_536;
const EAGER = 65_536;

/** Text with CRLF for every line end. */
function lines(text: string): string {
  return text.replace(/\r\n|\r|\n/g, "\r\n");
}

/** What can be sent of a text that goes on: an LF may follow the CR at its end. */
function sendable({ binary }: Message, text: string): string {
  return binary ? text : lines(text.replace(/\r$/, ""));
}

/** The whole of a text: its last line has an end. */
function whole({ binary }: Message, text: string): string {
  if (binary) return text;
  const found = lines(text);
  return found === "" || found.endsWith("\n") ? found : `${found}\r\n`;
}

/** DATA was answered with 354, or BDAT is to come. */
export function begin(model: Model, form: Message["form"], eager: boolean): void {
  const { client, policies } = model;
  const ahead = eager && policies.client.protocol !== "lmtp";
  const binary = client.declared === "binary";
  client.writing = { form, binary, text: "", eager: ahead ? EAGER : -1, ended: false, failed: false };
  client.expected = "content";
}

/** Whether a piece cannot be written, and what happens then. */
export function unwritable(model: Model, text: string, ends: boolean): "" | "StateError" | "RangeError" | "closes" {
  const { writing, declared } = model.client;
  if (writing === null) return "StateError";
  if (declared === "7bit" && /[^\0-\x7f]/.test(text)) return "closes";
  const bare = ends ? /\r(?!\n)|(?<!\r)\n/ : /\r(?!\n|$)|(?<!\r)\n/;
  const refuses = model.policies.client.lineEndings === "reject" && !writing.binary;
  return refuses && bare.test(writing.text + text) ? "RangeError" : "";
}

/** A piece is written. */
export function write(model: Model, text: string): void {
  const message = model.client.writing!;
  const before = sendable(message, message.text);
  message.text += text;
  const piece = sendable(message, message.text).slice(before.length);
  if (message.form === "chunks" && piece !== "") giveChunk(model, message, piece, false);
}

/** The last piece is written. */
export function end(model: Model, text: string): void {
  const { client } = model;
  const message = client.writing!;
  const before = sendable(message, message.text);
  message.text += text;
  message.ended = true;
  client.writing = null;
  if (message.form === "chunks") {
    giveChunk(model, message, whole(message, message.text).slice(before.length), true);
    client.expected = "failed";
  } else {
    client.expected = "ready";
    model.given.push({ verb: "end", sent: true, message, answered: () => answerData(model, message) });
  }
}

/** Content is broken off. @param by the reply that does it; null: none does */
export function abort(model: Model, by: Answer | null = null): void {
  fail(model, model.client.writing!, by);
}

function giveChunk(model: Model, message: Message, piece: string, last: boolean): void {
  message.eager -= piece.length;
  model.given.push({
    verb: "BDAT",
    sent: false,
    ahead: message.eager >= 0,
    message,
    answered: () => answerChunk(model, message, piece, last),
  });
  send(model);
}

/** A message has failed: what of it was not sent never will be. */
function fail(model: Model, message: Message, by: Answer | null): void {
  const { client } = model;
  const begun = client.state === "content" || model.given.some((each) => each.message === message && each.sent);
  message.failed = true;
  model.given = model.given.filter((each) => each.message !== message || each.sent);
  const told = by === null ? "message not-accepted" : `message ${fateOf(by)} ${by.code} ${by.by}${measure(message)}`;
  // Messages have their fates in the order of the commands.
  const isBehind = model.given.some((each) => each.message?.ended && !each.message.failed && each.message !== message);
  const before = model.given.filter(({ verb }) => verb !== "BDAT").at(-1);
  if (isBehind && client.writing === message) before!.fate = told;
  else model.events.push(told);
  if (begun) client.state = "failed";
  if (client.writing !== message) return;
  client.writing = null;
  if (client.expected === "content") client.expected = "failed";
}

/** Where chunks are next and every recipient was refused, there is nobody to send them to. */
export function decide(model: Model): void {
  const { client, given } = model;
  if (client.recipients.length > 0) return;
  const open = given.find(({ message }) => message?.failed !== true);
  const next = open === undefined ? client.writing : open.verb === "BDAT" ? open.message! : null;
  if (next?.form === "chunks") fail(model, next, null);
}

function fateOf({ code }: Answer): string {
  return code < 400 ? "accepted" : code < 500 ? "transient" : "permanent";
}

/** Its size in octets, and how many of its lines begin with a dot that needs another one; of chunks none does. */
function measure(message: Message): string {
  if (!message.ended) return ` ${sendable(message, message.text).length} 0`;
  const text = whole(message, message.text);
  return ` ${text.length} ${message.form === "data" ? (text.match(/^\./gm)?.length ?? 0) : 0}`;
}

function answerChunk(model: Model, message: Message, piece: string, last: boolean): void {
  const { client } = model;
  const [first, ...others] = serveChunk(model, piece, last);
  if (last) {
    if (!message.failed) endMessage(model, message, [first!, ...others]);
    return;
  }
  tell(model, `bdat ${piece.length}`, first!);
  if (message.failed) {
    client.state = "failed";
    return;
  }
  const refused = first!.code >= 400;
  if (refused) {
    client.state = "content";
    fail(model, message, first!);
  } else if (["rcpt", "content"].includes(client.state)) client.state = "content";
}

function answerData(model: Model, message: Message): void {
  receive(model, whole(message, message.text));
  endMessage(model, message, serveMessage(model));
}

/** A client hears what became of a message: in LMTP of each recipient on its own (RFC 2033 §4.2). */
function endMessage(model: Model, message: Message, answers: readonly Answer[]): void {
  const { client, policies } = model;
  const last = answers.at(-1)!;
  let fate = fateOf(last);
  if (policies.client.protocol === "lmtp") {
    for (const [at, each] of answers.entries())
      model.events.push(`delivery ${client.recipients[at]} ${fateOf(each)} ${each.code} ${each.by}`);
    if (answers.some(({ code }) => code < 400)) fate = "accepted";
  }
  model.events.push(`message ${fate} ${last.code} ${last.by}${measure(message)}`);
  client.state = message.form === "data" || fate === "accepted" ? "ready" : "failed";
}

/** DATA is answered: what its reply leads to. */
export function answerDataCommand(model: Model, refused: number): void {
  const { client, server } = model;
  const sender = wordOf(server.mail?.address);
  const reply = refused ? refuse(model, refused, "DATA") : judged(model, sender === "nodata" ? 554 : 354);
  tell(model, "data", reply);
  if (reply.code !== 354) return;
  begin(model, "data", false);
  client.state = "content";
}

/** What a server makes of a chunk (RFC 3030 §2). */
function serveChunk(model: Model, piece: string, last: boolean): readonly Answer[] {
  const { server } = model;
  const code = outOfPlace(model, "BDAT");
  if (code > 0) {
    // After a chunk without recipients nothing may be taken for a whole message.
    if (server.state === "mail" && leadsTo("BDAT", "mail") === 554) drop(model, last ? "ready" : "failed");
    return [refuse(model, code, "BDAT")];
  }
  const sender = wordOf(server.mail!.address);
  if (sender === "nobdat" && server.refusal === null) server.refusal = answer(model, 554);
  receive(model, piece);
  if (last) return serveMessage(model);
  server.state = "chunks";
  const reply = server.refusal ?? answer(model, sender === "nochunk" ? 554 : 250);
  if (reply.code >= 400) {
    drop(model, "failed");
    server.groupBroken = true;
  }
  return [reply];
}

/** Octets of content come to a server. */
function receive(model: Model, text: string): void {
  const { server } = model;
  const refuses = wordOf(server.mail!.address) === "nocontent" && text !== "";
  if (server.refusal === null && refuses) server.refusal = answer(model, 554);
  server.received += text;
  if (server.refusal === null && server.received.length > MOST) server.refusal = { code: 552, by: 0 };
}

/** A whole message has come to a server: the replies to it. */
function serveMessage(model: Model): readonly Answer[] {
  const { server, policies } = model;
  const { mail, recipients, received, refusal } = server;
  drop(model, "ready");
  const lmtp = policies.server.protocol === "lmtp";
  if (refusal !== null) server.groupBroken = true;
  if (refusal !== null) return lmtp ? recipients.map(() => refusal) : [refusal];
  const answers = lmtp
    ? recipients.map(({ address }) => answer(model, wordOf(address) === "undelivered" ? 550 : 250))
    : [answer(model, wordOf(mail!.address) === "nomessage" ? 554 : 250)];
  const taken = lmtp ? recipients.filter((_, at) => answers[at]!.code < 400) : recipients;
  if (answers.some(({ code }) => code < 400)) {
    model.arrived.push(shown({ ...mail, to: taken, content: received }));
    server.errors = 0;
  }
  return answers;
}

/** The transaction is over at a server, one way or the other. */
export function drop({ server }: Model, state: string): void {
  server.state = state;
  server.mail = null;
  server.recipients = [];
  server.received = "";
  server.refusal = null;
  server.forwarded = [];
}
