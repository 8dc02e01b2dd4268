import { octets } from "tools/testing";
import { Finding, latin1 } from "../finding.ts";
import type { Input, Op } from "./input.ts";

/** An input as a file holds it. */
export interface Kept extends Input {
  /** The name of its target. */
  readonly target: string;
  /** What it showed, in a line. */
  readonly showed: string;
}

/**
 * Writes an input, an operation a line:
 *
 * ```text
 * # what it showed
 * target smtp-server
 * choices 000103
 * < EHLO a\r\n
 * > mail a@b
 * = tls
 * ```
 */
export function formatInput({ target, showed, choices, ops }: Kept): string {
  const hex = Array.from(choices, (octet) => octet.toString(16).padStart(2, "0")).join("");
  const lines = [`# ${showed.replace(/\s+/g, " ")}`, `target ${target}`, ...(hex === "" ? [] : [`choices ${hex}`])];
  return `${[...lines, ...ops.map(formatOp)].join("\n")}\n`;
}

/** Reads what {@link formatInput} writes. @throws Finding naming a line that is none */
export function parseInput(text: string): Kept {
  let target = "";
  let showed = "";
  let choices = new Uint8Array(0);
  const ops: Op[] = [];
  for (const line of text.split("\n")) {
    const [word = "", rest = ""] = split(line);
    if (word === "#") showed ||= rest;
    else if (word === "target") target = rest;
    else if (word === "choices") choices = Uint8Array.from(rest.match(/../g) ?? [], (hex) => Number.parseInt(hex, 16));
    else if (word === "<") ops.push({ kind: "octets", bytes: octets(unescapeText(rest)) });
    else if (word === "=" && rest === "tls") ops.push({ kind: "tls" });
    else if (word === ">") {
      const [name = "", argument = ""] = split(rest);
      ops.push({ kind: "call", name, text: unescapeText(argument) });
    } else if (line !== "") throw new Finding(`not a line of an input: ${line}`);
  }
  return { target, showed, choices, ops };
}

function formatOp(op: Op): string {
  if (op.kind === "tls") return "= tls";
  if (op.kind === "octets") return `< ${escapeText(latin1(op.bytes))}`;
  return op.text === "" ? `> ${op.name}` : `> ${op.name} ${escapeText(op.text)}`;
}

function split(line: string): [string, string] {
  const at = line.indexOf(" ");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}

const RUN = /([^\\])\1{15,}/g;

/** Text as printable ASCII: `\r`, `\n`, `\\`, `\xff`, `\u{10000}`; `\*20:a` is a run of twenty. */
export function escapeText(text: string): string {
  let escaped = "";
  let from = 0;
  for (const found of text.matchAll(RUN)) {
    escaped += escapeCharacters(text.slice(from, found.index));
    escaped += `\\*${found[0].length}:${escapeCharacters(found[1]!)}`;
    from = found.index + found[0].length;
  }
  return (escaped + escapeCharacters(text.slice(from))).replace(/ $/, "\\x20");
}

/** The inverse of {@link escapeText}. */
export function unescapeText(text: string): string {
  return text.replace(
    /\\(?:\*(\d+):(\\(?:[rn\\]|x..|u\{[0-9a-f]+\})|[\s\S])|x(..)|u\{([0-9a-f]+)\}|([rn\\]))/g,
    (_, times, of, hex, wide, letter) => {
      if (times !== undefined) return unescapeText(of).repeat(Number(times));
      if (hex ?? wide) return String.fromCharCode(Number.parseInt(hex ?? wide, 16));
      return letter === "r" ? "\r" : letter === "n" ? "\n" : "\\";
    },
  );
}

function escapeCharacters(text: string): string {
  return text.replace(/[^ -[\]-~]/g, (character) => {
    if (character === "\r") return "\\r";
    if (character === "\n") return "\\n";
    if (character === "\\") return "\\\\";
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}
