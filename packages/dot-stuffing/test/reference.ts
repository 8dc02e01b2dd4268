import type { LineEndings, UnstufferOptions } from "dot-stuffing";
import type { LineReaderOptions } from "dot-stuffing/session";

/** What the tests compare: nothing here streams, and each rule is one line. */
export interface Expected {
  readonly content: string;
  /** `code@offset` */
  readonly violation: string | null;
  readonly consumed: number;
  readonly done: boolean;
  readonly longestLine: number;
}

/** CRLFs, bare CRs and LFs, and other octets, each with its offset. A CR at the end is left out: it is undecided. */
function tokens(wire: string): { readonly token: string; readonly offset: number }[] {
  return [...wire.replace(/\r$/, "").matchAll(/\r\n|[\s\S]/g)].map((match) => ({
    token: match[0],
    offset: match.index,
  }));
}

/** RFC 5321 §4.5.2 for a whole wire form: first what comes out and from where, then what the limits leave of it. */
export function unstuffed(wire: string, options: Required<UnstufferOptions>): Expected {
  const { lineEndings, maxSize, maxLineLength } = options;
  const out: {
    readonly octet: string;
    readonly offset: number;
    readonly of: "text" | "line end" | "bare-cr" | "bare-lf";
  }[] = [];
  const input = tokens(wire);
  let before: "crlf" | "bare" | "text" = "crlf";
  let done = false;
  let line = 0;
  let longestLine = 0;
  let consumed = wire.length;
  for (const [index, { token, offset }] of input.entries()) {
    if (token === "." && before === "crlf" && input[index + 1]?.token === "\r\n") {
      done = true;
      consumed = offset + 3;
      break;
    }
    const bare = token === "\r" || token === "\n";
    const isText = token !== "\r\n" && !(bare && lineEndings !== "preserve");
    if (token === "." && before !== "text") before = "text";
    else if (isText) {
      out.push({ octet: token, offset, of: "text" });
      before = "text";
      line++;
    } else {
      longestLine = Math.max(longestLine, line);
      line = 0;
      before = bare ? (lineEndings === "normalize" ? "bare" : "text") : "crlf";
      if (bare && lineEndings === "reject") out.push({ octet: "", offset, of: token === "\r" ? "bare-cr" : "bare-lf" });
      else {
        out.push({ octet: "\r", offset, of: "line end" });
        out.push({ octet: "\n", offset: bare ? offset : offset + 1, of: "line end" });
      }
    }
  }
  let content = "";
  let length = 0;
  let violation: string | null = null;
  for (const { octet, offset, of } of out) {
    length = of === "text" ? length + 1 : 0;
    if (of === "bare-cr" || of === "bare-lf") violation = `${of}@${offset}`;
    else if (length > maxLineLength) violation = `line-too-long@${offset}`;
    else if (content.length === maxSize) violation = `message-too-big@${offset}`;
    if (violation !== null) break;
    content += octet;
  }
  return { content, violation, consumed, done, longestLine };
}

/** Where a line ends, as a policy sees it. A CR at the end of the input is undecided. */
const LINE_END: Readonly<Record<LineEndings, RegExp>> = {
  reject: /\r\n/,
  normalize: /\r\n|\r(?!$)|\n/,
  preserve: /\r\n/,
};

/** RFC 5321 §2.3.8 for a whole input: lines as text, violations as `code@offset`. */
export function lines(input: string, options: Required<LineReaderOptions>): string[] {
  const { lineEndings, lfEndsLine, maxLineLength } = options;
  const ends = lfEndsLine && lineEndings !== "normalize" ? /\r?\n/ : LINE_END[lineEndings];
  const found: string[] = [];
  for (let at = 0; at < input.length; ) {
    const rest = input.slice(at);
    const end = ends.exec(rest);
    const text = end === null ? rest : rest.slice(0, end.index);
    const whole = end === null ? rest : text + end[0];
    // A line is known to end when its LF is read, or the octet behind its bare CR: within the limit, or it is too long.
    const known = end === null ? rest.length + 1 : whole.length + (end[0] === "\r" ? 1 : 0);
    const bad = lineEndings === "reject" ? /\r(?!$)|\n|\0/.exec(end === null ? rest : `${text}\r`) : null;
    if (bad !== null && bad.index + (bad[0] === "\r" ? 2 : 1) <= maxLineLength) {
      found.push(`${BAD[bad[0]]}@${at + bad.index}`);
    } else if (known > maxLineLength) found.push(`line-too-long@${at + maxLineLength}`);
    else if (end !== null) found.push(text);
    at += whole.length;
  }
  return found;
}

const BAD: Readonly<Record<string, string>> = { "\r": "bare-cr", "\n": "bare-lf", "\0": "nul" };

/** RFC 5321 §4.5.2 for a whole content, bare CRs and LFs made CRLF. */
export function stuffed(content: string): { readonly wire: string; readonly stuffedLines: number } {
  const all = content.split(/\r\n|\r|\n/);
  const sent = (all.at(-1) === "" ? all.slice(0, -1) : all).map((line) => (line.startsWith(".") ? `.${line}` : line));
  return {
    wire: [...sent, ".", ""].join("\r\n"),
    stuffedLines: sent.filter((line) => line.startsWith(".")).length,
  };
}
