/**
 * What a server does wrong, between it and its client: commands that it refuses, answers that nobody can read, listings
 * with lines missing or repeated.
 */
import fc from "fast-check";

/** Of commands and listings of a connection, one after the other; those after the last are as they should be. */
export interface Faults {
  readonly dele: readonly ("" | "refused" | "unreadable" | "unreadable and refused")[];
  readonly retr: readonly ("" | "refused")[];
  readonly stat: readonly ("" | "refused" | "one more")[];
  readonly uidl: readonly ListingFault[];
  readonly list: readonly ListingFault[];
}

/**
 * A line that is missing, by its place, or cannot be read; the last line twice, or with the number of the one before
 * it; all of them the other way round; a refusal, or one for now.
 */
type ListingFault =
  | number
  | `odd ${number}`
  | ""
  | "refused"
  | "refused for now"
  | "repeated"
  | "misnumbered"
  | "reversed";

export const NO_FAULTS: Faults = { dele: [], retr: [], stat: [], uidl: [], list: [] };

const listing = fc.oneof(
  { weight: 3, arbitrary: fc.constant("" as const) },
  fc.nat({ max: 4 }),
  fc.nat({ max: 4 }).map((place) => `odd ${place}` as const),
  fc.constantFrom<ListingFault>("repeated", "misnumbered", "reversed", "refused", "refused for now"),
);
export const faults: fc.Arbitrary<Faults> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(NO_FAULTS) },
  fc
    .record({
      dele: fc.array(fc.constantFrom("", "", "refused", "unreadable", "unreadable and refused"), { maxLength: 4 }),
      retr: fc.array(fc.constantFrom("", "", "", "refused"), { maxLength: 4 }),
      stat: fc.array(fc.constantFrom("", "", "refused", "one more"), { maxLength: 1 }),
      uidl: fc.array(listing, { maxLength: 1 }),
      list: fc.array(listing, { maxLength: 1 }),
    })
    // Where STAT is refused, LIST alone shows what UIDL lacks: nobody could know of a message that neither has.
    .map((found) => {
      const [lacks, sized] = [found.uidl[0], found.list[0]];
      const isHidden = typeof lacks === "number" || (lacks?.startsWith("odd") && typeof sized === "number");
      return found.stat[0] === "refused" && isHidden ? { ...found, list: [] } : found;
    }),
);

/** What the server gets in the place of a command that it is to refuse. */
const REFUSED = "XYZZY";
const UNREADABLE = `+OK ${"x".repeat(600)}`;
const MULTI_LINE = new Set(["CAPA", "UIDL", "LIST", "RETR"]);

/** Stands between a client and a server that keeps to the protocol. */
export class FaultyServer {
  readonly #left: { [Verb in keyof Faults]: Faults[Verb][number][] };
  /** Commands whose answers have not come, and what is wrong with these. */
  readonly #asked: { readonly verb: string; readonly fault: ListingFault | string }[] = [];
  #fromClient = "";
  #fromServer = "";
  /** Of the answer that comes, after its status line; null: none comes. */
  #lines: string[] | null = null;
  #greeted = false;

  constructor({ dele, retr, stat, uidl, list }: Faults) {
    this.#left = { dele: [...dele], retr: [...retr], stat: [...stat], uidl: [...uidl], list: [...list] };
  }

  /** What comes to the server of what the client has sent. */
  toServer(sent: string): string {
    this.#fromClient += sent;
    let passed = "";
    for (const line of takeLines(this.#fromClient)) {
      const [verb = ""] = line.split(" ");
      const fault = this.#left[verb.toLowerCase() as keyof Faults]?.shift() ?? "";
      const isRefused = typeof fault === "string" && fault.includes("refused");
      this.#asked.push({ verb: isRefused ? REFUSED : verb, fault });
      passed += `${isRefused ? REFUSED : line}\r\n`;
    }
    this.#fromClient = this.#fromClient.slice(this.#fromClient.lastIndexOf("\n") + 1);
    return passed;
  }

  /** What comes to the client of what the server has sent. */
  toClient(sent: string): string {
    this.#fromServer += sent;
    let passed = "";
    for (const line of takeLines(this.#fromServer)) passed += this.#pass(line);
    this.#fromServer = this.#fromServer.slice(this.#fromServer.lastIndexOf("\n") + 1);
    return passed;
  }

  #pass(line: string): string {
    if (!this.#greeted) {
      this.#greeted = true;
      return `${line}\r\n`;
    }
    const { verb, fault } = this.#asked[0]!;
    if (this.#lines === null && line.startsWith("+OK") && MULTI_LINE.has(verb)) {
      this.#lines = [];
      return `${line}\r\n`;
    }
    if (this.#lines !== null && line !== ".") {
      this.#lines.push(`${line}\r\n`);
      return "";
    }
    const lines = this.#lines ?? [];
    this.#lines = null;
    this.#asked.shift();
    if (typeof fault === "number") lines.splice(fault, 1);
    else if (fault.startsWith("odd")) oddly(lines, Number(fault.slice(4)));
    else if (fault === "misnumbered") misnumber(lines);
    else if (fault === "repeated") lines.push(...lines.slice(-1));
    else if (fault === "reversed") lines.reverse();
    else if (fault === "one more")
      return line.replace(/^\+OK (\d+)/, (_, count) => `+OK ${Number(count) + 1}`).concat("\r\n");
    else if (fault === "refused for now") return "-ERR [SYS/TEMP] later\r\n";
    else if (fault.includes("unreadable")) return `${UNREADABLE}\r\n`;
    return `${lines.join("")}${line}\r\n`;
  }
}

/** Makes a line one that cannot be read. */
function oddly(lines: string[], place: number): void {
  if (place < lines.length) lines[place] = lines[place]!.replace("\r\n", " \0\r\n");
}

/** Gives the last line the number of the one before it. */
function misnumber(lines: string[]): void {
  const [before, last] = lines.slice(-2);
  if (last !== undefined) lines[lines.length - 1] = last.replace(/^\d+/, before!.split(" ")[0]!);
}

/** The whole lines, without their ends. */
function takeLines(octets: string): string[] {
  return octets.split("\r\n").slice(0, -1);
}
