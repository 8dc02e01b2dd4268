import type { Capabilities } from "../syntax/capabilities.ts";
import { parseLanguageListing } from "../syntax/language-listing.ts";
import { type DropListing, parseScanListing, parseUniqueIdListing } from "../syntax/listing.ts";
import type { Response } from "../syntax/response.ts";
import type { ClientCommand } from "./command.ts";
import { type Deletions, type Pop3ClientEvent, warning } from "./events.ts";
import { type LoginFailure, loginFailure } from "./login-failure.ts";
import type { ListingLines, MultiLine } from "./multi-line.ts";
import type { ClientLeniencies } from "./options.ts";

/** What a command has come to. */
export interface Outcome {
  /** What its event says besides the command and the response, or in spite of it. */
  readonly about: object;
  /** What comes in front of that event: an entry that stands in the status line, and what contradicts something. */
  readonly before: readonly Pop3ClientEvent[];
  /** Of USER, PASS and APOP; null: none. */
  readonly failure?: LoginFailure | null;
}

/** What an outcome goes by. */
interface OutcomeFacts {
  readonly capabilities: Capabilities | null;
  readonly stat: DropListing | null;
  readonly leniencies: ClientLeniencies;
  /** Whether a maildrop is open, and the command may have been sent. */
  readonly open: boolean;
}

/**
 * What a command has come to.
 *
 * @param response null: none could be read
 * @param lines of a multi-line response, to its end or as far as they came
 */
export function outcomeOf(
  command: ClientCommand,
  response: Response | null,
  lines: MultiLine | null,
  { capabilities, stat, leniencies, open }: OutcomeFacts,
): Outcome {
  const { verb, multiLine, announced } = command;
  const ok = response?.ok ?? false;
  const size = lines?.size ?? 0;
  switch (verb) {
    case "USER":
    case "PASS":
    case "APOP":
      return failing(ok ? null : loginFailure(verb, response, capabilities));
    case "CAPA":
      return says({ capabilities: ok ? capabilities : null });
    case "STAT": {
      if (ok && stat !== null) return says(stat);
      // Zeros after +OK would read as an empty maildrop.
      const unreadable = ok && warning("invalid-response", "expected two numbers in answer to STAT");
      return says({ ok: false, count: 0, size: 0 }, unreadable);
    }
    case "LIST":
    case "UIDL": {
      if (!ok) return says({});
      if (!multiLine) return says({}, entryOf(command, response!.text, leniencies));
      const { count } = lines as ListingLines;
      const differs = stat !== null && (count !== stat.count || (verb === "LIST" && size !== stat.size));
      const found = `${count} entries${verb === "LIST" ? ` of ${size} octets` : ""}`;
      return says({}, differs && warning("contradicts-stat", `${found}: STAT has ${stat.count} of ${stat.size}`));
    }
    case "RETR":
    case "TOP": {
      const differs = ok && announced !== null && announced !== size;
      return says({ size }, differs && warning("size-differs", `${size} octets: ${announced} were announced`));
    }
    case "LANG": {
      const found = ok && !multiLine ? parseLanguageListing(response!.text) : null;
      const unreadable = ok && !multiLine && found === null;
      const about = { language: found?.language ?? null };
      return says(about, unreadable && warning("invalid-response", "expected a language in answer to LANG"));
    }
    case "QUIT":
      return says({ deletions: deletionsBy(response, open) });
    default:
      return says({});
  }
}

function says(about: object, before: Pop3ClientEvent | false = false): Outcome {
  return { about, before: before === false ? [] : [before] };
}

function failing(failure: LoginFailure | null): Outcome {
  return { about: { failure }, before: [], failure };
}

/** The entry in the answer to LIST n and UIDL n. */
function entryOf({ verb, about }: ClientCommand, text: string, leniencies: ClientLeniencies): Pop3ClientEvent {
  const number = about.number!;
  if (verb === "LIST") {
    const entry = parseScanListing(text, leniencies);
    if (entry?.number === number) return { type: "scan-listing", ...entry, answer: "none" };
  } else {
    const entry = parseUniqueIdListing(text, number, leniencies);
    if (entry?.number === number) return { type: "unique-id-listing", ...entry, answer: "none" };
  }
  return warning("invalid-listing", `not an answer to ${verb} ${number}`);
}

function deletionsBy(response: Response | null, open: boolean): Deletions {
  if (!open) return "none";
  if (response === null) return "unknown";
  return response.ok ? "confirmed" : "in-part";
}
