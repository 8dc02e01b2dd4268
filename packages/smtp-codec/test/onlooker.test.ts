import { describe, expect, it } from "vitest";
import { Onlooker } from "../src/onlooker.ts";

/**
 * Gives the lines of a dialogue with what each is taken for. `S` is a line of a reply, `T` a handshake, `B` the
 * beginning of a line that the client has not ended; the client's others are `C`, if they may be shown, `R`, which may
 * be responses, `D`, which are content, and a number of octets, which announce a chunk.
 */
function follow(dialogue: readonly string[]): string[] {
  const onlooker = new Onlooker();
  return dialogue.map((line) => {
    const text = line.slice(line.indexOf(" ") + 1);
    if (line === "T") onlooker.tls();
    else if (line === "B") onlooker.underWay = true;
    else if (line.startsWith("S ")) onlooker.replied(text);
    else if (onlooker.content) {
      onlooker.passed(text);
      return `D ${text}`;
    } else {
      const kind = onlooker.maybeResponse(text) ? "R" : "C";
      return `${onlooker.sent(text) || kind} ${text}`;
    }
    return line;
  });
}

/** Each is a title, and the lines of a dialogue. */
const cases = (rows: readonly (readonly string[])[]) =>
  it.each(rows.map(([title, ...dialogue]) => [title, dialogue] as const))("%s", (_, dialogue) => {
    expect(follow(dialogue)).toEqual(dialogue);
  });

const GREETED = "S 220 a";
/** An exchange that ends well, and so is over, if all replies before were told apart: else FOO is hidden. */
const AUTH_ANSWERED = ["S 235 yes", "C FOO"] as const;

describe("an onlooker knows what may be a response", () => {
  cases([
    ["after AUTH, until it is accepted", GREETED, "C AUTH X", "R x", ...AUTH_ANSWERED],
    ["after AUTH before the greeting", "C AUTH X", GREETED, "R x", ...AUTH_ANSWERED],
    [
      "after a refusal, until a command comes",
      GREETED,
      "C AUTH X",
      "S 535 no",
      "R x",
      "S 250 ok",
      "R x",
      "C NOOP",
      "C x",
    ],
    ["after a refusal that ends in 2", GREETED, "C AUTH X", "S 432 no", "R x"],
    ["not after a cancellation", GREETED, "C AUTH X", "S 334 ", "R *", "S 501 no", "C FOO"],
    ["after an exchange that was refused", GREETED, "C AUTH X", "S 334 ", "R x", "S 535 no", "R x"],
    ["a whole verb is none", GREETED, "C AUTH X", "R xNOOP", "R NOOPx", "R NOOP\t", "C noop x", "C x"],
    ["nor a verb alone", GREETED, "C AUTH X", "R x", "C NOOP", "C x"],
    ["nor an old one", GREETED, "C AUTH X", "C TURN", "C AUTH X", "C SOML FROM:<a@b>", "C x"],
    ["while a reply to what came before comes", GREETED, "C NOOP", "C AUTH X", "S 250 ok", "R x", ...AUTH_ANSWERED],
    ["after a line that is no reply", GREETED, "C AUTH X", "S yes", "S 2350", "R x", ...AUTH_ANSWERED],
    ["after a reply's first line", GREETED, "C AUTH X", "S 235-yes", "R x", ...AUTH_ANSWERED],
    ["after a reply without text", GREETED, "C NOOP", "S 250", "C AUTH X", "S 235", "C FOO"],
    ["while another AUTH has no reply", GREETED, "C AUTH X", "C AUTH Y", "S 235 yes", "R x", "S 235 yes", "C FOO"],
    ["after several AUTHs, one after the other", GREETED, "C AUTH X", "S 535 no", "C AUTH Y", ...AUTH_ANSWERED],
    [
      "after 334 that nobody asked for, once",
      GREETED,
      "C NOOP",
      "S 334 ",
      "R NOOP",
      "C BAR",
      "C AUTH X",
      "S 250 ok",
      "R x",
    ],
    ["after 334 when nothing is due, until a command comes", GREETED, "S 334 ", "R FOO", "R BAR", "C NOOP", "C BAZ"],
    ["after 334 for a greeting, until a command comes", "S 334 ", "R FOO", "R BAR", "C NOOP", "C BAZ"],
    ["not a command after 334 when nothing is due", GREETED, "S 334 ", "C DATA", "D x"],
    ["and what was one already", GREETED, "C AUTH X", "R x", "S 334 ", "C DATA", "D y"],
    ["to each of several challenges", GREETED, "C AUTH X", "S 334 ", "R a", "S 334 ", "R NOOP", ...AUTH_ANSWERED],
  ]);
});

describe("an onlooker knows which reply is whose", () => {
  cases([
    ["one that nothing asked for", GREETED, "S 421 a", "C DATA", "D x"],
    [
      ...[
        "of responses that came before their challenges",
        GREETED,
        "C AUTH X",
        "R a",
        "R b",
        "S 334 ",
        "S 334 ",
        "S 235 a",
      ],
      ...["C DATA", "D y", "S 503 no", "C FOO"],
    ],
    [
      ...["of a command after them", GREETED, "C AUTH X", "R a", "R b", "C DATA", "D y", "S 334 ", "S 334 ", "D z"],
      ...["S 235 yes", "D z", "S 503 no", "C FOO"],
    ],
    ["of a response that reads DATA", GREETED, "C AUTH X", "C DATA", "D y", "S 334 ", "R FOO", ...AUTH_ANSWERED],
    [
      "of a command in an exchange",
      GREETED,
      "C AUTH X",
      "S 334 ",
      "R x",
      "C DATA",
      "D y",
      "S 235 a",
      "D z",
      "S 503 no",
      "C FOO",
    ],
    ["of a line that has not ended", GREETED, "B", "S 500 no", "C DATA", "C FOO", "C AUTH X", "S 500 no", "R x"],
    ["the greeting's, in the midst of a line", "B", GREETED, "C DATA", "D x"],
    ["of the command before a line that has not ended", GREETED, "C NOOP", "B", "S 250 ok", "C DATA", "D x"],
    ["of an exchange, in the midst of a line", GREETED, "C AUTH X", "S 334 ", "R x", "B", "S 235 yes", "C DATA", "D y"],
    [
      ...["of a response that has not ended", GREETED, "C AUTH X", "S 334 ", "B", "S 501 no", "R x"],
      ...["C DATA", "D y", "S 503 no", "C FOO"],
    ],
    ["of a line that began and ended", GREETED, "B", "C NOOP", "S 250 ok", "S 421 a", "C DATA", "D x"],
  ]);
});

describe("an onlooker knows what is content", () => {
  cases([
    ["after 354", GREETED, "C DATA", "D x", "S 354 go", "D ..", "D .", "C FOO"],
    ["after 354 that nothing asked for", GREETED, "S 354 go", "D x", "D .", "C FOO"],
    ["after 354 that answers something else", GREETED, "C NOOP", "S 354 go", "D x", "D .", "S 354 go", "D y"],
    ["after DATA, until it is refused", GREETED, "C NOOP", "C data", "D x", "S 250 ok", "D y", "S 503 no", "C FOO"],
    ["not after 354 if it has come", GREETED, "C DATA", "D x", "D .", "C NOOP", "S 354 go", "C FOO"],
    [
      ...[
        "of a second message, when the first is refused",
        GREETED,
        "C DATA",
        "D x",
        "D .",
        "C DATA",
        "D y",
        "S 550 no",
      ],
      ...["D z", "S 250 taken", "D z", "S 550 no", "C FOO"],
    ],
  ]);
});

describe("an onlooker knows chunks", () => {
  const hello = [GREETED, "C EHLO a"] as const;
  cases([
    ["if they are announced", ...hello, "S 250-a", "S 250-chunking x", "S 250 SIZE", "12 BDAT 12", "5 bdat  5 LAST"],
    ["if they may be", GREETED, "C NOOP", "C EHLO a", "C RSET", "12 BDAT 12"],
    ["if they may be, by LMTP", GREETED, "C NOOP", "C lhlo a", "C RSET", "12 BDAT 12"],
    ["if they are not announced", ...hello, "S 250-a", "S 250 SIZE", "5 BDAT 5"],
    ["after HELO", GREETED, "C HELO a", "5 BDAT 5"],
    ["of no size", ...hello, "C BDAT", "C BDAT x", "C BDAT 0"],
    ["but not other verbs", ...hello, "C NOOP 5", "C xBDAT 5"],
  ]);
});

describe("an onlooker knows how many replies a message has", () => {
  const begun = (hello: string, ...rcpts: readonly string[]) => [
    ...[GREETED, `C ${hello} a`, "S 250 CHUNKING", "C MAIL FROM:<a@b>", "S 250 ok"],
    ...rcpts.flatMap((reply) => ["C RCPT TO:<c@d>", `S ${reply}`]),
  ];
  const two = begun("LHLO", "250 ok", "452 no", "250 ok", "550 no");
  const sent = ["C DATA", "S 354 go", "D x", "D .", "C AUTH X"] as const;
  cases([
    ["by SMTP one", ...begun("EHLO", "250 ok", "250 ok"), ...sent, "S 250 taken", "R x", ...AUTH_ANSWERED],
    ["by LMTP one for each recipient", ...two, ...sent, "S 250 one", "S 452 two", "R x", ...AUTH_ANSWERED],
    [
      "which other commands are not",
      ...two,
      "C NOOP",
      "S 250 ok",
      ...sent,
      "S 250 one",
      "S 250 two",
      "R x",
      ...AUTH_ANSWERED,
    ],
    [
      ...[
        "and the one after it, for its own",
        ...two,
        "C RSET",
        "S 250 ok",
        "C MAIL FROM:<a@b>",
        "S 250 ok",
        "C RCPT TO:<c@d>",
      ],
      ...["S 250 ok", ...sent, "S 250 one", "R x", ...AUTH_ANSWERED],
    ],
    ["for nobody, none", ...begun("LHLO", "550 no"), "C BDAT 0 LAST", "C AUTH X", ...AUTH_ANSWERED],
    [
      ...["out of place, one", ...begun("LHLO"), "C BDAT 0 LAST", "C BDAT 0 LAST", "C AUTH X", "S 503 no"],
      ...["R x", ...AUTH_ANSWERED],
    ],
    [
      ...[
        "out of place after another, one",
        ...two,
        "C BDAT 0 LAST",
        "S 250 one",
        "S 250 two",
        "C BDAT 0 LAST",
        "C AUTH X",
      ],
      ...["S 503 no", "R x", ...AUTH_ANSWERED],
    ],
    [
      ...[
        "after a refused MAIL, one",
        GREETED,
        "C LHLO a",
        "S 250 a",
        "C MAIL FROM:<a@b>",
        "S 452 no",
        "C BDAT 0 LAST",
      ],
      ...["C AUTH X", "S 503 no", "R x", ...AUTH_ANSWERED],
    ],
    ["by BDAT's last chunk", ...two, "C bdat 0 last  ", "C AUTH X", "S 250 one", "S 250 two", "R x", ...AUTH_ANSWERED],
    ["by BURL", ...two, "C burl imap:x LAST", "C AUTH X", "S 250 one", "S 250 two", "R x", ...AUTH_ANSWERED],
    [
      "not by other chunks",
      ...two,
      "C BDAT 0",
      "C BDAT 0 LASTLY",
      "C AUTH X",
      "S 250 one",
      "S 250 two",
      "R x",
      ...AUTH_ANSWERED,
    ],
    ["not by what is no chunk", ...two, "C NOOP LAST", "C AUTH X", "S 250 ok", "R x", ...AUTH_ANSWERED],
    [
      "by SMTP's last chunk one",
      ...begun("EHLO", "250 ok", "250 ok"),
      "C BDAT 0 LAST",
      "C AUTH X",
      "S 250 a",
      "R x",
      ...AUTH_ANSWERED,
    ],
  ]);
});

describe("an onlooker forgets at a handshake", () => {
  cases([
    ["commands", GREETED, "C NOOP", "T", "C AUTH X", ...AUTH_ANSWERED],
    ["AUTH", GREETED, "C AUTH X", "T", "C FOO", "C AUTH Y", "S 250 ok", "R x", ...AUTH_ANSWERED],
    ["an exchange", GREETED, "C AUTH X", "S 334 ", "T", "C NOOP", "C DATA", "D x", "S 250 ok", "S 503 no", "C FOO"],
    ["a line that was answered", GREETED, "B", "S 500 no", "T", "C DATA", "D x"],
    ["a line", GREETED, "B", "T", "S 421 a", "C DATA", "D x"],
    ["content", GREETED, "C DATA", "D x", "T", "C x"],
  ]);
});

it("an onlooker takes a line that nobody knows the rest of for a response after AUTH alone", () => {
  const onlooker = new Onlooker();
  expect(onlooker.maybeResponse(null)).toBe(false);
  onlooker.sent("AUTH X");
  expect(onlooker.maybeResponse(null)).toBe(true);
});
