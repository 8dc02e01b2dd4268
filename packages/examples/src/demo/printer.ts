import { styleText } from "node:util";

/** A line of the conversation, and what the session that received it made of it. */
export interface PrintedLine {
  readonly from: "client" | "server" | "note";
  readonly text: string;
  readonly events: string;
}

export type Print = (line: PrintedLine) => void;

type Style = Parameters<typeof styleText>[0];

/** Colours text, or not. */
export type Paint = (style: Style, text: string) => string;

/** Where the events begin. */
const COLUMN = 66;

/** Colours for a terminal; NO_COLOR and FORCE_COLOR have the last word. */
export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== "0";
  const coloured = forced || (stream.isTTY === true && !NO_COLOR && FORCE_COLOR !== "0");
  return (style, text) => (coloured ? styleText(style, text, { validateStream: false }) : text);
}

export const plain: Paint = (_, text) => text;

/** Prints lines to `write`. */
export function printer(write: (text: string) => void, paint: Paint): Print {
  return ({ from, text, events }) => {
    if (from === "note" && text !== "") {
      write(`${paint("dim", `-- ${text}`)}\n`);
      return;
    }
    const mark = from === "client" ? "C: " : from === "server" ? "S: " : "   ";
    const line = mark + text;
    const beside =
      events === "" ? "" : `${" ".repeat(Math.max(2, COLUMN - line.length))}${paint("dim", `| ${events}`)}`;
    write(`${from === "note" ? line : paint(from === "client" ? "cyan" : "green", line)}${beside}`.trimEnd());
    write("\n");
  };
}
