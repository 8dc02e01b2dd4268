import { describe, expect, it } from "vitest";
import {
  bodyWord,
  fetchAnswer,
  formOf,
  repliesAnswer,
  type Seen,
  sendsAnswer,
} from "../../src/atlas/classify-client.ts";
import type { ClientQuestion } from "../../src/atlas/questions/question.ts";

const question: ClientQuestion = { id: "x", title: "x", family: null, replies: { MAIL: "250_ok\r\n" } };

const turns = (...names: string[]) => names.map((name) => ({ name, text: name }));

const seen = (more: Partial<Seen>): Seen => ({
  status: 0,
  turns: [],
  waited: false,
  handshake: "none",
  messages: [],
  ...more,
});

describe("what a client makes of a reply", () => {
  const whole = turns("EHLO", "MAIL", "RCPT", "DATA", "content", "QUIT");

  it.each<[short: string, more: Partial<Seen>]>([
    ["sent", { turns: whole }],
    ["failed", { turns: whole, status: 1 }],
    ["failed", { turns: turns("EHLO", "MAIL", "QUIT"), status: 69 }],
    ["sent nothing", { turns: turns("EHLO", "MAIL", "QUIT") }],
    ["waits", { turns: turns("EHLO", "MAIL"), waited: true, status: 1 }],
    ["waits", { turns: turns("EHLO", "MAIL"), waited: true, status: null }],
  ])("%s", (short, more) => {
    expect(repliesAnswer(question, seen(more)).short).toBe(short);
  });

  it("says what it sends next, and how it ends", () => {
    const words = (more: Partial<Seen>) => repliesAnswer(question, seen(more)).words;
    expect(words({ turns: whole })).toBe("Next sends RCPT. The content came. It says that it succeeded.");
    expect(words({ turns: turns("EHLO"), status: 3 })).toBe(
      "It does not come to MAIL. The content did not come. It says that it failed (3).",
    );
    expect(words({ turns: turns("EHLO", "MAIL"), waited: true })).toMatch(/^Sends nothing more\. .* 8 seconds\.$/);
    expect(words({ turns: [], status: null })).toMatch(/It does not come to an end of its own\.$/);
    expect(words({ turns: turns("MAIL"), handshake: "failed" })).toMatch(/TLS does not come to stand\.$/);
  });

  it("names a header field without what it says, which may be the time", () => {
    const other = { name: "other", text: "Date: Sun, 29 Nov 2026 00:00:00 +0000" };
    expect(repliesAnswer(question, seen({ turns: [...turns("MAIL"), other] })).words).toMatch(/^Next sends `Date:`\./);
  });
});

describe("the form in which odd octets are sent", () => {
  it.each<[body: string, odd: string, found: string, form: string]>([
    ["a\n.\nb\r\n", "\n.\n", "a\n.\nb\r\n", "kept"],
    ["a\n.\nb\r\n", "\n.\n", "a\n..\nb\r\n", "stuffed"],
    ["a\n.\nb\r\n", "\n.\n", "a\r\n..\r\nb\r\n", "CRLF"],
    ["a\n.\nb\r\n", "\n.\n", "ab\r\n", "dropped"],
    ["a\r\n.\r\nb\r\n", "\r\n.\r\n", "a\r\n..\r\nb\r\n", "stuffed"],
    ["a\r\n.\r\nb\r\n", "\r\n.\r\n", "a\r\n", "cut"],
    ["a\rb\r\n", "\r", "a%b\r\n", "changed"],
  ])("%j", (body, odd, found, form) => {
    expect(formOf(body, odd, found)).toBe(form);
    const content = { name: "content", text: `Subject: x\r\n\r\n${found.slice(0, -2)}` };
    expect(sendsAnswer({ ...question, replies: {}, body, odd }, seen({ turns: [content] })).short).toBe(form);
  });

  it("says what came as commands after it, or that nothing came", () => {
    const content = { name: "content", text: "Subject: x\r\n\r\na" };
    const answer = sendsAnswer(
      { ...question, body: "a\r\n.\r\nb\r\n", odd: "." },
      seen({ turns: [content, { name: "other", text: "b" }] }),
    );
    expect(answer.words).toMatch(/^Sends `a\\r\\n`\. Behind it came, as commands: `b`\./);
    expect(sendsAnswer(question, seen({ status: 1 })).short).toBe("failed");
    expect(sendsAnswer(question, seen({ waited: true })).short).toBe("waits");
  });
});

describe("what a client has fetched", () => {
  it.each<[found: string, wire: string | null, word: string]>([
    ["a\r\n.\r\nb\r\n", null, "whole"],
    ["a\n.\nb", null, "whole"],
    ["a\r\n..\r\nb\r\n", "a\r\n..\r\nb\r\n", "kept dots"],
    ["a\r\n", null, "early"],
    ["c", null, "changed"],
  ])("%j", (found, wire, word) => {
    expect(bodyWord("a\r\n.\r\nb\r\n", found, wire)).toBe(word);
  });

  const fetch: ClientQuestion = {
    ...question,
    replies: { RETR: "+OK\r\nSubject: x\r\n\r\na\r\n..b\r\n.\r\n" },
    body: "a\r\n.b\r\n",
  };

  it.each<[short: string, more: Partial<Seen>]>([
    ["whole", { messages: ["Subject: x\r\n\r\na\r\n.b\r\n"] }],
    ["kept dots", { messages: ["Subject: x\n\na\n..b\n"] }],
    ["early, failed", { messages: ["Subject: x\r\n\r\na\r\n"], status: 1 }],
    ["whole, waits", { messages: ["Subject: x\r\n\r\na\r\n.b\r\n"], waited: true }],
    ["nothing", {}],
    ["failed", { status: 1 }],
    ["waits", { status: null, waited: true }],
  ])("%s", (short, more) => {
    expect(fetchAnswer(fetch, seen(more)).short).toBe(short);
  });
});
