import fc from "fast-check";
import { SmtpClientSession } from "smtp-codec";
import { byteByByte, chunkings, driveClient, octets, runs } from "tools/testing";
import { describe, expect, it } from "vitest";
import { echo, HELLO, message, Restored, transaction } from "./support.ts";

describe("properties", () => {
  const parts = fc.constantFrom(
    ...[
      "250 ok\r\n",
      "250-a\r\n250 b\r\n",
      "250\r\n",
      "354 go\r\n",
      "334 d2hhdD8=\r\n",
      "334 \r\n",
      "334 x y\r\n",
      "235 ok\r\n",
      "421 bye\r\n",
      "550 5.1.1 no\r\n",
    ],
    ...[
      "452 4.5.3 x\r\n",
      "250 a\n",
      "\0",
      "25",
      "299 x\r\n",
      "600 x\r\n",
      "250-a\r\n251 b\r\n",
      "220 tls\r\n",
      "221 bye\r\n",
    ],
  );
  const answers = fc.array(parts, { maxLength: 14 }).map((all) => octets(HELLO + all.join("")));

  it("chunking never matters, nor does a restored snapshot, and no octets make anything throw", () => {
    const cut = answers.chain((input) => fc.tuple(fc.constant(input), chunkings(input)));
    fc.assert(
      fc.property(cut, fc.boolean(), fc.boolean(), ([input, chunks], pipelining, login) => {
        const run = (pieces: readonly Uint8Array[], restored: boolean) => {
          const options = { pipelining };
          const mechanism = login ? echo("hi") : null;
          const box = restored ? new Restored(options, mechanism) : { session: new SmtpClientSession(options) };
          return driveClient(box instanceof Restored ? box : box.session, pieces, (event) => {
            const { session } = box;
            if (event.type === "greeting" && event.ok) session.ehlo("client.example.com");
            else if (event.type === "ehlo" && event.ok) mechanism ? session.auth(mechanism) : transaction(session);
            else if (event.type === "auth" && session.state === "ready") transaction(session);
            else if (event.type === "data" && event.ok) {
              message(session);
              if (session.state === "ready") transaction(session);
            } else if (
              "ok" in event &&
              !event.ok &&
              session.state !== "closed" &&
              session.state !== "content" &&
              session.state !== "busy"
            ) {
              if (session.state !== "refused") session.rset();
              session.quit();
            }
          });
        };
        const expected = run([input], false);
        expect(run(chunks, false)).toEqual(expected);
        expect(run(chunks, true)).toEqual(expected);
        expect(run(byteByByte(input), false)).toEqual(expected);
        expect(expected.events.at(-1)).toMatchObject({ type: "closed" });
      }),
      { numRuns: runs() },
    );
  });
});
