import { encodeBase64, isMechanismName, isPrintable, isVisible, outOfRange } from "dot-stuffing/session";
import { utf8Length } from "../web.ts";
import { type Command, type CommandOptions, MAX_COMMAND_LENGTH, VERBS } from "./command.ts";
import { isDigest, isLanguageRange } from "./forms.ts";
import { checkField, formatNumber, isLine } from "./text.ts";

/**
 * Writes a command line with its CRLF, to be sent as UTF-8: the inverse of `parseCommand`. Nothing else than this
 * command can be written: every field is held to its grammar, and `"other"` to what would come back as such.
 *
 * @throws TypeError or RangeError naming the field that cannot be written, or for a command over the limit; it never
 *   shows the field.
 */
export function formatCommand(command: Command, options: CommandOptions = {}): string {
  const { maxCommandLength = MAX_COMMAND_LENGTH, utf8User = false } = options;
  const given = argumentsOf(command, utf8User);
  const verb = command.verb === "other" ? command.name.toUpperCase() : command.verb;
  const line = `${[verb, ...given].join(" ")}\r\n`;
  if (utf8Length(line) > maxCommandLength) {
    throw outOfRange(command.verb, `at most ${maxCommandLength} octets`);
  }
  return line;
}

const PLAIN: readonly string[] = ["STAT", "RSET", "NOOP", "QUIT", "CAPA", "STLS", "UTF8"];

function argumentsOf(command: Command, utf8: boolean): string[] {
  switch (command.verb) {
    case "USER":
      return [name(command.name, utf8)];
    case "PASS":
      return [credential("password", command.password, utf8)];
    case "APOP": {
      const digest = checkField("digest", command.digest, isDigest, "32 lower-case hexadecimal digits");
      return [name(command.name, utf8), digest];
    }
    case "LIST":
    case "UIDL":
      return command.number === null ? [] : [formatNumber("number", command.number, 1)];
    case "RETR":
    case "DELE":
      return [formatNumber("number", command.number, 1)];
    case "TOP":
      return [formatNumber("number", command.number, 1), formatNumber("lines", command.lines)];
    case "AUTH": {
      const { mechanism, initialResponse } = command;
      if (mechanism === null) return [];
      checkField("mechanism", mechanism, isMechanismName, "1 to 20 of A-Z, 0-9, - and _");
      if (initialResponse === null) return [mechanism];
      return [mechanism, initialResponse.length === 0 ? "=" : encodeBase64(initialResponse)];
    }
    case "LANG":
      if (command.language === null) return [];
      return [checkField("language", command.language, isLanguageRange, "a language range")];
    case "other":
      checkField("name", command.name, isOther, "visible ASCII, and a verb that has no form of its own");
      if (command.argument === null) return [];
      return [
        checkField("argument", command.argument, isArgument, "printable ASCII, not empty, and no space at its end"),
      ];
    default:
      checkField(
        "verb",
        command.verb,
        (verb) => PLAIN.includes(verb),
        `one of ${PLAIN.join(", ")}, or that of a command with arguments`,
      );
      return [];
  }
}

function isOther(name: string): boolean {
  return isVisible(name) && !VERBS.includes(name.toUpperCase());
}

/** Whether there is something that would come back as it is: a parser may drop spaces at the end. */
function isArgument(text: string): boolean {
  return isPrintable(text) && /[^ ]$/.test(text);
}

/** @throws RangeError for a name with spaces: servers split at them, each in its way */
function name(text: string, utf8: boolean): string {
  checkField("name", text, (found) => !found.includes(" "), "no spaces");
  return credential("name", text, utf8);
}

function credential(field: string, text: string, utf8: boolean): string {
  const test = utf8 ? isLine : isPrintable;
  return checkField(
    field,
    text,
    (found) => found !== "" && test(found),
    `${utf8 ? "text without controls" : "printable ASCII"}, and not empty`,
  );
}
