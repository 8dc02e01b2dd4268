/** `stop()`: no message is asked for whose RETR was not sent by then. */
import { Pop3Retrieval, type RetrievalEvent } from "pop3-codec";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { brief, GREETING, list, listings, loggedIn, message, OK, PIPELINING, remove, stat, uidl } from "./support.ts";

const BOX = Array.from({ length: 20 }, (_, index) => `u${index + 1}`);

/** The commands after the listings, where the server answers each one that is sent. */
function sent(opening: string, when: (event: RetrievalEvent) => boolean, options = {}): string {
  const session = loggedIn(opening);
  const retrieval = new Pop3Retrieval(session, options);
  const commands: string[] = [];
  for (let input = listings(...BOX); input !== ""; ) {
    session.receive(octets(input));
    for (const event of retrieval) if (when(event)) retrieval.stop();
    input = "";
    for (const line of text(session.takeOutputPieces()).split("\r\n").slice(0, -1)) {
      commands.push(line);
      if (/^(?:RETR|DELE|QUIT)/.test(line)) input += line.startsWith("RETR") ? message("m") : OK;
    }
  }
  expect(retrieval.report).toMatchObject({ failure: "stopped", deletions: "confirmed" });
  return commands.join("|").replace("UIDL|STAT|LIST|", "");
}

const at = (type: string, number: number) => (event: RetrievalEvent) =>
  event.type === type && "message" in event && event.message.number === number;

describe("stop()", () => {
  it.each<readonly [string, string, (event: RetrievalEvent) => boolean, object, string]>([
    ["before the first message is asked for", GREETING, (event) => event.type === "listed", {}, "QUIT"],
    ["while a message comes: none after it", GREETING, at("content", 1), {}, "RETR 1|QUIT"],
    ["once a message has come: the one asked for with its end", GREETING, at("fetched", 1), {}, "RETR 1|RETR 2|QUIT"],
    ["one at a time", GREETING, at("fetched", 1), { ahead: 1 }, "RETR 1|QUIT"],
    ["while DELE waits for its turn", GREETING, at("fetched", 2), remove, "RETR 1|RETR 2|DELE 1|DELE 2|QUIT"],
    [
      "with PIPELINING, what is under way",
      PIPELINING,
      at("fetched", 2),
      { ahead: 3 },
      "RETR 1|RETR 2|RETR 3|RETR 4|QUIT",
    ],
  ])("%s", (_, opening, when, options, expected) => {
    expect(sent(opening, when, options)).toBe(expected);
  });

  it("takes back what waits in the session, with PIPELINING too, and nothing of the application's", () => {
    const count = 1100;
    const ids = Array.from({ length: count }, (_, index) => `u${index + 1}`);
    const session = loggedIn(PIPELINING);
    const retrieval = new Pop3Retrieval(session, { ahead: count });
    session.receive(octets(`${uidl(...ids)}${stat(count)}${list(count)}`));
    for (const _ of retrieval);
    session.noop().retr(7);
    retrieval.stop();
    retrieval.stop();
    const written = text(session.takeOutputPieces());
    expect(written.match(/^RETR /gm)).toHaveLength(513);
    session.receive(octets(`${message("m").repeat(513)}`));
    for (const _ of retrieval);
    expect(text(session.takeOutputPieces())).toBe("NOOP\r\nRETR 7\r\nQUIT\r\n");
    session.receive(octets(`${OK}${message("m")}${OK}`));
    for (const _ of retrieval);
    expect(retrieval.report).toMatchObject({ fetched: { length: 513 }, missing: { length: 587 }, failure: "stopped" });
  });

  it("leaves RETR of the application's for the message that comes", () => {
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session, { ahead: 1 });
    session.receive(octets(listings("a", "b")));
    for (const _ of retrieval);
    session.retr(1);
    retrieval.stop();
    session.takeOutputPieces();
    session.receive(octets(message("a")));
    for (const _ of retrieval);
    expect(text(session.takeOutputPieces())).toBe("RETR 1\r\n");
    expect(brief(retrieval.report)).toMatchObject({ fetched: ["a"], missing: ["b"] });
  });
});
