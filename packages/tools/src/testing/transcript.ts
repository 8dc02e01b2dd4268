/** One line of a session: what was printed, and what our roles send in its place where that differs. */
export interface TranscriptLine {
  readonly from: "C" | "S";
  readonly printed: string;
  /** Whether the source leaves the line out or has a placeholder for it. */
  readonly supplied: boolean;
  /** What our role that sends this line sends; the printed line unless the transcript says otherwise. */
  readonly ours: string;
}

/** A session as data. */
export interface TranscriptFile {
  readonly title: string;
  readonly options: { readonly server: Record<string, unknown>; readonly client: Record<string, unknown> };
  readonly lines: readonly TranscriptLine[];
}

/** Consecutive lines of one side. */
export interface Turn {
  readonly from: "C" | "S";
  readonly lines: readonly TranscriptLine[];
}

/** Reads a transcript; its format stands in `smtp-codec/test/seed/README.md`. */
export function parseTranscript(text: string): TranscriptFile {
  const lines: TranscriptLine[] = [];
  const options = { server: {}, client: {} };
  let title = "";
  for (const row of text.split("\n")) {
    if (row === "") continue;
    const remark = /^# (.*)$/.exec(row);
    const option = /^@(server|client) (.*)$/.exec(row);
    const line = /^([CS])(\+)?: ?(.*)$/.exec(row);
    const instead = /^([CS])\((client|server)\): ?(.*)$/.exec(row);
    if (remark) title ||= remark[1]!;
    else if (option) options[option[1] as "server" | "client"] = JSON.parse(option[2]!);
    else if (line) {
      const printed = line[3]!;
      lines.push({ from: line[1] as "C" | "S", printed, supplied: line[2] === "+", ours: printed });
    } else if (instead) lines.push({ ...lines.pop()!, ours: instead[3]! });
    else throw new Error(`not a transcript line: ${row}`);
  }
  return { title, options, lines };
}

/** The turns of a session: lines of one side that follow one another. */
export function turns(lines: readonly TranscriptLine[]): Turn[] {
  const found: { from: "C" | "S"; lines: TranscriptLine[] }[] = [];
  for (const line of lines) {
    const last = found.at(-1);
    if (last?.from === line.from) last.lines.push(line);
    else found.push({ from: line.from, lines: [line] });
  }
  return found;
}
