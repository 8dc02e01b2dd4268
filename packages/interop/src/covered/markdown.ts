/** Tables in Markdown, and their place in a document. */
import { readFileSync, writeFileSync } from "node:fs";

/** @param rows the first is the head */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.map((text, at) => text.padEnd(widths[at]!)).join(" | ")} |`;
  const [head, ...body] = rows;
  return [line(head!), line(widths.map((width) => "-".repeat(width))), ...body.map(line)];
}

const BEGIN = "<!-- interop: made by `pnpm interop --readme` -->";
const END = "<!-- /interop -->";

/** The part of a document that is made, between its markers. */
export class MadePart {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws Error if the document has no markers */
  read(): string {
    return this.#parts().between.trim();
  }

  /** @throws Error if the document has no markers */
  write(text: string): void {
    const { before, after } = this.#parts();
    writeFileSync(this.#path, `${before}${BEGIN}\n\n${text}\n\n${END}${after}`);
  }

  #parts(): { readonly before: string; readonly between: string; readonly after: string } {
    const text = readFileSync(this.#path, "utf8");
    const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
    if (begin < 0 || end < begin) throw new Error(`${this.#path} lacks the lines "${BEGIN}" and "${END}"`);
    return {
      before: text.slice(0, begin),
      between: text.slice(begin + BEGIN.length, end),
      after: text.slice(end + END.length),
    };
  }
}
