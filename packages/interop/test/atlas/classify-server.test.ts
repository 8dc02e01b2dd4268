import { describe, expect, it } from "vitest";
import { type Bodies, changeOf, sentence, serverAnswer, symbolsOf } from "../../src/atlas/classify-server.ts";
import type { ServerQuestion } from "../../src/atlas/questions/question.ts";
import type { ServerEvent } from "../../src/atlas/transcript.ts";

/** Codes, `…` for silence, `×` for the end of the connection, `TLS` and `!TLS` for a handshake. */
function seen(text: string): ServerEvent[] {
  const events: Readonly<Record<string, ServerEvent>> = {
    "…": { type: "silence" },
    "×": { type: "closed" },
    TLS: { type: "handshake", ok: true },
    "!TLS": { type: "handshake", ok: false },
  };
  return text.split(" ").map((word) => events[word] ?? { type: "reply", code: word });
}

const question = (kind: ServerQuestion["kind"]): ServerQuestion => ({
  id: "x",
  title: "x",
  family: null,
  kind,
  behind: "content",
  flights: [],
  sent: "a\nb\r\n",
  odd: "\n",
});

describe("where a message ends", () => {
  it.each<[what: string, events: string, short: string]>([
    ["a reply to the octets alone", "250 500 500 221", "ends"],
    ["a refusal of them", "554 500 221", "ends 554"],
    ["nothing, then one reply", "… 250 221", "–"],
    ["nothing, then a refusal", "… 554 221", "554"],
    ["nothing, then more than one reply: it had to see what follows", "… 250 500 221", "ends"],
    ["the end of the connection", "×", "×"],
    ["a reply, and the end of the connection, at the true end", "… 421 ×", "421 ×"],
    ["nothing at all", "… … …", "…×3"],
  ])("%s", (_, events, short) => {
    expect(serverAnswer(question("end"), seen(events), ["a\r\n"]).short).toBe(short);
  });

  it("says what was stored, and how many", () => {
    const words = (bodies: Bodies) => serverAnswer(question("end"), seen("… 250 221"), bodies).words;
    expect(words(["a\n\r\n"])).toBe("Says nothing for 5 seconds, replies `250`, replies `221`. Stored: `a\\n\\r\\n`.");
    expect(words(["a", "b"])).toMatch(/2 messages are stored: `a` and `b`\.$/);
    expect(words([])).toMatch(/No message is stored\.$/);
    expect(words(null)).toMatch(/What is stored was not read\.$/);
  });
});

describe("what becomes of odd octets", () => {
  it.each<[found: string, change: string]>([
    ["a\nb\r\n", "kept"],
    ["a\r\nb\r\n", "CRLF"],
    ["ab\r\n", "dropped"],
    ["a b\r\n", "space"],
    ["a?b\r\n", "?"],
    ["a\r\n\r\nb\r\n", "broken"],
    ["a\r\n", "cut"],
    ["c\r\n", "changed"],
  ])("%j", (found, change) => {
    expect(changeOf("a\nb\r\n", "\n", found)).toBe(change);
    expect(serverAnswer(question("content"), seen("250 221"), [found]).short).toBe(change);
  });

  it.each<[events: string, bodies: Bodies, short: string]>([
    ["554 221", [], "554"],
    ["500 ×", [], "500 ×"],
    ["250 500 221", ["a\r\n"], "250 500"],
    ["250 221", [], "250 nothing"],
    ["250 221", null, "250"],
  ])("%s", (events, bodies, short) => {
    expect(serverAnswer(question("content"), seen(events), bodies).short).toBe(short);
  });
});

describe("octets after STARTTLS", () => {
  it.each<[events: string, short: string]>([
    ["220 TLS 250 221", "discards"],
    ["220 TLS 500 250 221", "runs"],
    ["220 500 TLS 250 221", "in clear"],
    ["220 !TLS", "no handshake"],
    ["220 TLS ×", "TLS ×"],
    ["220 TLS 500 221", "TLS 500"],
    ["502 250 221", "502 250"],
    ["454 ×", "454 ×"],
    ["+OK TLS +OK +OK", "discards"],
    ["+OK TLS -ERR +OK +OK", "runs"],
  ])("%s", (events, short) => {
    expect(serverAnswer(question("tls"), seen(events), null).short).toBe(short);
  });
});

describe("codes", () => {
  it.each<[events: string, symbols: string]>([
    ["250 221", "250"],
    ["250 250 250 500 221", "250×3 500"],
    ["221", "nothing"],
    ["+OK -ERR +OK ×", "+OK -ERR"],
    ["500 × ", "500 ×"],
    ["… …", "…×2"],
  ])("%s", (events, symbols) => {
    expect(symbolsOf(seen(events.trim()))).toBe(symbols);
  });

  it("stand in a sentence, repetitions counted", () => {
    expect(sentence(seen("354 250 250 ×"))).toBe("Replies `354`, replies `250` 2 times, ends the connection.");
    expect(sentence([])).toBe("Nothing was seen.");
  });
});
