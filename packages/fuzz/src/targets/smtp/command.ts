import fc from "fast-check";
import { commands } from "smtp-codec/arbitraries";
import { type CommandOptions, formatCommand, isFault, parseCommand } from "smtp-codec/syntax";
import { holds, latin1, same } from "../../finding.ts";
import { linesTarget, noise } from "../lines.ts";
import { clientLines } from "./lines.ts";

/** Command lines: what is taken can be written, and is read back the same. */
export const smtpCommand = linesTarget({
  name: "smtp-command",
  files: ["smtp-codec/src/syntax/command/"],
  lines: clientLines,
  octets: fc.oneof(
    noise(clientLines),
    commands({ lenient: true }).map((command) => new TextEncoder().encode(formatCommand(command))),
    commands({ smtputf8: true, lenient: true }).map((command) =>
      new TextEncoder().encode(formatCommand(command, { smtputf8: true })),
    ),
  ),
  check(line, choices) {
    const smtputf8State = choices.pick("not-offered", "offered", "in-force");
    const options: CommandOptions = {
      smtputf8State,
      spaceAfterColon: choices.pick(true, false),
      spaceBeforeColon: choices.pick(false, true),
      extraSpaces: choices.pick(true, false),
      pathWithoutBrackets: choices.pick(false, true),
      helloName: choices.pick(true, false),
      helloTrailing: choices.pick(true, false),
    };
    const command = parseCommand(line, options);
    const text = latin1(line);
    if (isFault(command)) {
      holds(command.reply.code >= 500, "a fault is refused for good");
      holds(!/^(DATA|RSET|QUIT|STARTTLS|NOOP)$/i.test(text), "a plain command is taken");
      return;
    }
    holds(!/[\0-\x1f\x7f]/.test(text.replace(/[ \t]+$/, "")), "no control character is in a command");
    const verb = command.verb === "other" ? command.name : command.verb;
    same(/^[A-Za-z]+/.exec(text)?.[0].toUpperCase(), verb, "the verb");
    if (command.verb === "BDAT") same(BigInt(/\d+/.exec(text)![0]), BigInt(command.size), "the chunk's size");
    if (command.verb === "MAIL" || command.verb === "RCPT") {
      const path = command.verb === "MAIL" ? command.from : command.to;
      holds(new TextEncoder().encode(path.address).length + 2 <= 256, "a path of at most 256 octets");
      holds(
        new Set(command.parameters.map(({ keyword }) => keyword)).size === command.parameters.length,
        "no parameter twice",
      );
    }
    const written = formatCommand(command, { smtputf8: smtputf8State !== "not-offered" });
    const again = parseCommand(new TextEncoder().encode(written.slice(0, -2)), options);
    same(again, withoutRoute(command), "what was written is read back");
  },
});

/** Source routes are read, and not written (RFC 5321 §4.1.1.3). */
function withoutRoute<Value>(command: Value): Value {
  const strip = (path: object) => ("route" in path ? { ...path, route: [] } : path);
  if (typeof command !== "object" || command === null) return command;
  if ("from" in command) return { ...command, from: strip(command.from as object) };
  return "to" in command ? { ...command, to: strip(command.to as object) } : command;
}
