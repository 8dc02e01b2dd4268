import type { SmtpServerEvent, SmtpServerOptions } from "smtp-codec";
import { holds, same } from "../../finding.ts";
import type { Played } from "../session.ts";

/**
 * Reads both directions of a connection as somebody between would, knowing nothing but the RFCs' framing: a command is
 * a line, each has one reply, 354 is followed by content up to CRLF "." CRLF, BDAT by as many octets as it says. What
 * the server did must fit: an octet of content that was run as a command, or a piece of a line that was, has a reply
 * too many.
 */
export function observe(played: Played, options: SmtpServerOptions): void {
  const replies = repliesOf(played.output);
  const events = played.events as readonly SmtpServerEvent[];
  const greeting = replies.shift();
  // A session that gives up says so out of turn.
  const counted = () => replies[0] !== undefined && !replies[0].startsWith("421");
  if (greeting === undefined || !greeting.startsWith("220")) return;
  const contents: string[] = [];
  let lines = 0;
  for (const segment of played.given) {
    if (segment === "tls") continue;
    let at = 0;
    let recipients = 0;
    let extended = true;
    let state: "commands" | "sasl" = "commands";
    while (counted()) {
      const end = segment.indexOf("\r\n", at);
      if (end < 0) {
        // What is wrong with a line can be known before its end.
        if (/[\r\n\0]/.test(segment.slice(at)) || segment.length - at > 510) replies.shift();
        break;
      }
      const line = segment.slice(at, end);
      at = end + 2;
      lines++;
      const reply = replies.shift()!;
      checkLength(line, reply, state);
      const word = /^[A-Za-z]+/.exec(line)?.[0].toUpperCase() ?? "";
      if (state === "sasl") {
        if (!reply.startsWith("334")) state = "commands";
        continue;
      }
      if (reply.startsWith("334")) state = "sasl";
      if (/^(EHLO|LHLO|HELO)$/.test(word) && reply.startsWith("2")) extended = word !== "HELO";
      if (/^(EHLO|LHLO|HELO|RSET|MAIL|STARTTLS)$/.test(word) && reply.startsWith("2")) recipients = 0;
      if (word === "RCPT" && reply.startsWith("2")) recipients++;
      if (reply.startsWith("354")) {
        const body = bodyOf(segment, at);
        if (body === null) {
          holds(replies.length === 0 || !counted(), "a reply in the middle of content");
          return;
        }
        contents.push(segment.slice(at, body));
        at = body;
        if (options.protocol === "lmtp") for (let more = 1; more < recipients; more++) replies.shift();
        holds(!counted() || replies.length > 0, "content without a reply");
        replies.shift();
        recipients = 0;
      } else if (word === "BDAT") {
        const chunk = /^BDAT +(\d{1,15})( +LAST)? *$/i.exec(line);
        // What is refused is read over all the same; where nobody knows how much that is, nothing can follow (RFC 3030
        // §2).
        if (chunk === null) {
          holds(!options.chunking || !extended || !counted(), () => `commands are read behind "${line}"`);
          continue;
        }
        at += Number(chunk[1]);
        if (at > segment.length) return;
        if (chunk[2] !== undefined && options.protocol === "lmtp") return;
        if (chunk[2] !== undefined) recipients = 0;
      } else if (word === "STARTTLS" && reply.startsWith("220")) break;
    }
    if (state === "sasl") return;
  }
  holds(!counted(), () => `${replies.length} replies more than the ${lines} commands have: ${replies[0]}`);
  checkContents(contents, events, options);
}

/** A line of more than the limit is refused whole, and no other is refused for its length. */
function checkLength(line: string, reply: string, state: string): void {
  const length = line.length + 2;
  if (state === "sasl" || !/^(NOOP|HELP|RSET|QUIT|DATA|VRFY|FOO)( |$)/.test(line)) return;
  const malformed = /[\r\n\0]/.test(line);
  if (length > 512 && !malformed) holds(reply.startsWith("5"), () => `a line of ${length} octets is answered ${reply}`);
  if (length <= 512)
    holds(!/line .*too long|too long/.test(reply), () => `a line of ${length} octets is too long: ${reply}`);
}

/** Where content ends that begins here. */
function bodyOf(segment: string, at: number): number | null {
  if (segment.startsWith(".\r\n", at)) return at + 3;
  const end = segment.indexOf("\r\n.\r\n", at);
  return end < 0 ? null : end + 5;
}

/** Clean content that was accepted has been handed out as it is, without its stuffing. */
function checkContents(
  contents: readonly string[],
  events: readonly SmtpServerEvent[],
  options: SmtpServerOptions,
): void {
  if (options.chunking || options.protocol === "lmtp") return;
  const sizes = events.flatMap((event) => (event.type === "message" ? [event.size] : []));
  const clean = contents.filter((wire) => !/[\r](?!\n)|(?<!\r)\n/.test(wire));
  if (sizes.length !== contents.length || clean.length !== contents.length) return;
  same(
    sizes,
    clean.map((wire) => wire.slice(0, -3).replace(/^\./gm, "").length),
    "sizes of messages",
  );
}

/** The replies in order, each as its first line with all of them after it. */
function repliesOf(output: string): string[] {
  const replies: string[] = [];
  let open = "";
  for (const line of output.split("\r\n").slice(0, -1)) {
    open += `${line}\n`;
    if (line[3] !== "-") {
      replies.push(open);
      open = "";
    }
  }
  return replies;
}
