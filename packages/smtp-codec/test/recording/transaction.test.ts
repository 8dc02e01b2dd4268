/** A transaction over a client that is recorded: what it gives the session are calls like any. */
import { SmtpTransaction } from "smtp-codec";
import { recordClient, replayClient } from "smtp-codec/recording";
import { octets } from "tools/testing";
import { expect, it } from "vitest";
import { GREETING, offer } from "../client/support.ts";
import { OK } from "../transaction/support.ts";

it("is replayed as it went, with the end of its connection", () => {
  const lines: string[] = [];
  const session = recordClient({}, (line) => lines.push(line));
  let transaction: SmtpTransaction | null = null;
  const found: string[] = [];
  for (const said of [GREETING, offer("PIPELINING"), `${OK}${OK}354 go\r\n`, "421 bye\r\n"]) {
    session.receive(octets(said));
    const next = () => (transaction ?? session).nextEvent();
    for (let event = next(); event !== null; event = next()) {
      found.push(event.type);
      if (event.type === "greeting") session.ehlo("client.example.com");
      if (event.type !== "ehlo") continue;
      const envelope = { from: "a@b", to: ["c@d"], content: "7bit" } as const;
      transaction = new SmtpTransaction(session, envelope, { content: new Set([octets("x")]) });
    }
    session.takeOutputPieces();
  }
  expect(found).toEqual(["greeting", "ehlo", "recipient", "done", "closed"]);
  expect(replayClient(lines).run()).toBe(null);
  // What old recordings have, too: renamed, they could not be replayed.
  const calls = new Set(lines.map((line) => /call (\w+)/.exec(line)?.[1]));
  expect([...calls]).toEqual(expect.arrayContaining(["expectTls", "giveMail", "giveRcpt", "writeDrawn", "putBack"]));
});
