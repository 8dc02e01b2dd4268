import assert from "node:assert/strict";
import { type LineEndings, stuff, unstuff } from "dot-stuffing";
import { framing, hostileWireForm, type SmugglingFamily, smugglingFamilies } from "dot-stuffing/arbitraries";
import fc from "fast-check";
import { octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { PEERS, received } from "./peers.ts";

const POLICIES: readonly LineEndings[] = ["reject", "normalize", "preserve"];

/** Which families end a message where: the servers as they were observed. Those left out end none. */
const ENDED_BY: Readonly<Record<string, readonly SmugglingFamily[]>> = {
  "Postfix 3.7.11": ["LF.LF", "LF.CRLF", "CRLF.LF", "CRCRLF.CRCRLF", "CRLF.CRCRLF"],
  "OpenSMTPD 6.8.0": ["LF.LF", "LF.CRLF", "CRLF.LF", "CRLF.NUL CRLF"],
  "Dovecot 2.3.19": ["LF.LF", "LF.CRLF", "CRLF.LF"],
};

describe("the models of other servers end a message where those do", () => {
  it.each(PEERS.flatMap((peer) => smugglingFamilies.map((family) => [peer.name, family, peer] as const)))(
    "%s and %s",
    (name, family, peer) => {
      const ends = ENDED_BY[name]?.includes(family) ?? false;
      fc.assert(
        fc.property(hostileWireForm({ families: [family] }), ({ wire, falseEnd }) => {
          const found = received(peer, text(wire));
          const trueEnd = peer.refused?.test(text(wire)) ? undefined : wire.length;
          expect(found?.end).toBe(ends ? falseEnd : trueEnd);
        }),
        { numRuns: 20 },
      );
    },
  );
});

/** A wire form must mean this content and end at its last octet, whoever reads it. */
function meansTheSameToAll(wire: Uint8Array, content: string): void {
  for (const lineEndings of POLICIES) {
    const again = unstuff(wire, { lineEndings });
    assert.equal(text(again.content), content, lineEndings);
    assert.equal(again.rest.length, 0, lineEndings);
    assert.equal(again.violation, null, lineEndings);
  }
  for (const peer of PEERS) {
    const found = received(peer, text(wire));
    assert.equal(found?.end, wire.length, peer.name);
    assert.equal(found.content, content, peer.name);
  }
}

describe("[DOT-4.1.1.4-7] normalised content is safe for a second hop", () => {
  it.each([
    { wire: "a\n.\nb\r\n.\r\n", content: "a\r\n\r\nb\r\n", sent: "a\r\n\r\nb\r\n.\r\n" },
    { wire: "a\n..\nb\r\n.\r\n", content: "a\r\n.\r\nb\r\n", sent: "a\r\n..\r\nb\r\n.\r\n" },
    { wire: "a\r.\r\nb\r\n.\r\n", content: "a\r\n\r\nb\r\n", sent: "a\r\n\r\nb\r\n.\r\n" },
    { wire: "a\r\r..\r\r\n.\r\n", content: "a\r\n\r\n.\r\n\r\n", sent: "a\r\n\r\n..\r\n\r\n.\r\n" },
    { wire: "a\r\n..\0\r\n.\r\n", content: "a\r\n.\0\r\n", sent: "a\r\n..\0\r\n.\r\n" },
    { wire: "\0.\n.\0\n..\r\r\n.\r\n", content: "\0.\r\n\0\r\n.\r\n\r\n", sent: "\0.\r\n\0\r\n..\r\n\r\n.\r\n" },
  ])("$wire", ({ wire, content, sent }) => {
    const first = unstuff(octets(wire), { lineEndings: "normalize" });
    expect(text(first.content)).toBe(content);
    const again = stuff(first.content);
    expect(text(again.wire)).toBe(sent);
    meansTheSameToAll(again.wire, content);
  });

  it("any input at all", () => {
    fc.assert(
      fc.property(framing(), (input) => {
        const { content } = unstuff(octets(`${text(input)}\r\n.\r\n`), { lineEndings: "normalize" });
        assert.doesNotMatch(text(content), /(?:^|[^\r])\n|\r(?!\n)/);
        meansTheSameToAll(stuff(content).wire, text(content));
      }),
      { numRuns: runs(10) },
    );
  });
});

it("[DOT-2.3.8-3] what a stuffer sends of any content means the same to every server", () => {
  fc.assert(
    fc.property(framing(), (content) => {
      const lines = text(content).split(/\r\n|\r|\n/);
      const normalised = lines.at(-1) === "" ? lines.slice(0, -1) : lines;
      meansTheSameToAll(stuff(content).wire, normalised.map((line) => `${line}\r\n`).join(""));
    }),
    { numRuns: runs(10) },
  );
});
