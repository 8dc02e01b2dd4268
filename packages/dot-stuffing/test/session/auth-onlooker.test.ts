import { ClientLine } from "dot-stuffing/recording";
import { AuthOnlooker, type DueLine } from "dot-stuffing/session";
import { expect, it } from "vitest";

interface Due extends DueLine {
  readonly line: string;
}

/** Of a protocol with two verbs, and the replies `yes`, `no` and `more`, a challenge. */
class Onlooker extends AuthOnlooker<Due> {
  constructor() {
    super(["AUTH", "PING"]);
  }

  /** @returns what it answers */
  replied(reply: string): string | undefined {
    return (reply === "more" ? this.challenged() : this.answered(reply === "yes"))?.line;
  }

  protected override due(line: string, auth: boolean): Due {
    return { line, auth };
  }
}

/**
 * Gives the lines of a dialogue with what each is taken for. `S` is a reply, and what it answers; `T` a handshake; `B`
 * the beginning of a line that the client has not ended; the client's others are `C`, if they may be shown, and `R`,
 * which may be responses; `A`, which answers a challenge.
 */
function follow(dialogue: readonly string[]): string[] {
  const onlooker = new Onlooker();
  return dialogue.map((line) => {
    const [mark, text = ""] = line.split(/ (.*)/);
    if (mark === "T") onlooker.tls();
    else if (mark === "B") onlooker.underWay = true;
    else if (mark !== "S") {
      const hidden = onlooker.maybeResponse(text) ? "R" : "C";
      return `${onlooker.ended(text) ? "A" : hidden} ${text}`;
    } else {
      const reply = text.split(": ", 1)[0]!;
      const answered = onlooker.replied(reply);
      return answered === undefined ? `S ${reply}` : `S ${reply}: ${answered}`;
    }
    return line;
  });
}

it.each<[string, string[]]>([
  ["a greeting answers nothing", ["C PING", "S yes", "S yes: PING", "S yes"]],
  ["a response comes after its challenge", ["S yes", "C AUTH X", "S more", "A PING", "S yes", "C x"]],
  ["or before it", ["S yes", "C AUTH X", "R x", "C PING", "S more: x", "S more: PING", "S yes", "C y", "S no: y"]],
  [
    "one that reads like a command does not end the exchange",
    ["S yes", "C AUTH X", "C PING", "S more: PING", "R x", "S more: x", "S more", "A y"],
  ],
  ["a refusal ends none", ["S yes", "C AUTH X", "S no: AUTH X", "R x", "C ping", "C x"]],
  ["but of what was cancelled", ["S yes", "C AUTH X", "S more", "A *", "S no", "C x"]],
  ["not while another AUTH is due", ["S yes", "C AUTH X", "C AUTH Y", "S yes: AUTH X", "R x", "S yes: AUTH Y", "C x"]],
  ["a challenge to nothing has a response", ["S yes", "C PING", "S more", "A PING", "S yes: PING", "C x"]],
  ["where nothing is due a command is none", ["S yes", "S more", "C PING", "S yes: PING", "C x"]],
  ["and all else may be one", ["S yes", "S more", "R x", "R y", "C PING", "C x"]],
  ["a line may be answered before its end", ["S yes", "B", "S no", "C x", "C PING", "S yes: PING"]],
  ["a response too", ["S yes", "C AUTH X", "S more", "B", "S no", "R x", "C PING", "S yes: PING"]],
  ["a handshake ends all", ["S yes", "C AUTH X", "S more", "B", "T", "C x", "C PING", "S yes: x"]],
])("an onlooker keeps step: %s", (_, dialogue) => {
  expect(follow(dialogue)).toEqual(dialogue);
});

it.each<[string, string[], string | null, ...[string, string][]]>([
  ["of no AUTH", ["PING"], "x", ["x", "shown"]],
  ["of no AUTH, not known whole", ["PING"], null, ["x", "shown"]],
  ["of AUTH", [], "AUTH PLAIN x", ["AUTH PLAIN", "shown"], ["AUTH PLAIN ", "sasl"]],
  ["of AUTH with no mechanism", [], "AUTH xY=", ["AUTH x", "mechanism"]],
  ["after AUTH", ["AUTH X"], "x", ["", "sasl"]],
  ["after AUTH, not known whole", ["AUTH X"], null, ["", "sasl"]],
  ["of a command after AUTH", ["AUTH X"], "PING", ["", "shown"], ["PI", "shown"]],
])("an onlooker knows what begins in a line %s", (_, before, line, ...begun) => {
  const onlooker = new Onlooker();
  onlooker.replied("yes");
  for (const text of before) onlooker.ended(text);
  const lines = new ClientLine(onlooker);
  const first = lines.begins(line);
  expect(begun).toEqual(begun.map(([text]) => [text, text === "" ? first : lines.goesOn(text, () => "Y=")]));
});

it.each([
  ["p", "shown"],
  ["PING", "shown"],
  ["ping x", "shown"],
  ["px", "sasl"],
  ["pings", "sasl"],
])("a line begun after a refusal is a command until it is seen to be none: %s", (text, kind) => {
  const onlooker = new Onlooker();
  onlooker.replied("yes");
  onlooker.ended("AUTH X");
  onlooker.replied("no");
  const lines = new ClientLine(onlooker);
  expect([lines.begins(null), lines.goesOn(text, () => "")]).toEqual(["shown", kind]);
});
