/** What the caller says is known: asked in the middle of a listing. */
import { Pop3Retrieval } from "pop3-codec";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { listings, loggedIn, message, messageOf, OK } from "./support.ts";

/** The events of a retrieval of two messages, and what it throws: the loop is begun twice. */
function shownBy(has: (uniqueId: string) => unknown): string[] {
  const session = loggedIn();
  const known = { has: has as () => boolean };
  let retrieval = new Pop3Retrieval(session, { known });
  session.receive(octets(`${listings("a", "b")}${message("b")}${OK}`));
  const shown: string[] = [];
  for (let tries = 0; tries < 2; tries++) {
    try {
      for (const event of retrieval) shown.push(messageOf(event));
    } catch (error) {
      shown.push(`${error}`);
    }
    retrieval = new Pop3Retrieval(session, { known }, retrieval.snapshot());
  }
  return shown;
}

describe("known.has", () => {
  it("is asked again where it has thrown: no message is passed over", () => {
    const fails = new Set(["b"]);
    const has = (uniqueId: string) => {
      if (fails.delete(uniqueId)) throw new Error("not read");
      return uniqueId === "a";
    };
    expect(shownBy(has)).toEqual([
      ...["known 1 a", "Error: not read", "listed 1", "content 2 b\r\n", "fetched 2 b", "done complete"],
    ]);
  });

  it.each<[unknown, string]>([
    [Promise.resolve(false), "object"],
    [undefined, "undefined"],
  ])("says true or false, and nothing that may be taken for it: %j", (answer, got) => {
    const error = `TypeError: "known.has" expected a boolean, got ${got}`;
    expect(shownBy(() => answer)).toEqual([error, error]);
  });
});
