import { describe, expect, it } from "vitest";
import { together } from "../../src/atlas/ask.ts";
import { bodiesOf, headerSection } from "../../src/atlas/ask-server.ts";
import { document } from "../../src/atlas/document.ts";
import { escaped } from "../../src/atlas/octets.ts";
import { groups, rows } from "../../src/atlas/questions/index.ts";
import { type Atlas, merged, written } from "../../src/atlas/record.ts";
import { pop3Responses, smtpReplies } from "../../src/atlas/transcript.ts";

describe("what is read of a server", () => {
  it("is the code of every last line, however lines end", () => {
    expect(smtpReplies("220 a\r\n250-b\r\n250-c\r\n250 d\r\n354\r\n500 e\n25")).toEqual(["220", "250", "354", "500"]);
    expect(pop3Responses("+OK a\r\n1 2\r\n.\r\n-ERR\r\n+ \r\n+OKAY\r\n")).toEqual(["+OK", "-ERR", "+"]);
  });

  it("is the body of the message with the question's subject", () => {
    const [one, other] = groups.smtpServers[0]!.questions;
    const stored = `Received: x\r\n${headerSection(one!)}a\r\n\r\nb\r\n`;
    expect(bodiesOf(one!, [stored])).toEqual(["a\r\n\r\nb\r\n"]);
    expect(bodiesOf(other!, [stored])).toEqual([]);
  });
});

describe("octets in the document", () => {
  it.each<[text: string, shown: string]>([
    ["a\r\n\0\t\\\xe9", "a\\r\\n\\x00\\t\\\\\\xe9"],
    ["x".repeat(998), "x{998}"],
    ["x".repeat(19), "x".repeat(19)],
    ["\r".repeat(20), "\\r{20}"],
  ])("%j", (text, shown) => {
    expect(escaped(text)).toBe(shown);
  });

  it("leaves out the middle of what is long", () => {
    expect(escaped("ab".repeat(100), 20)).toBe("ababababab … ababababab");
  });
});

describe("an answer that is not the same every time", () => {
  it("says so, in the same order whichever came first", () => {
    const [one, other] = [
      { short: "250", words: "A." },
      { short: "500", words: "B." },
    ];
    expect(together([one, one])).toEqual(one);
    expect(together([one, other])).toEqual({ short: "250 or 500", words: "Not the same every time. A. Or: B." });
    expect(together([other, one])).toEqual(together([one, other]));
  });
});

describe("the record", () => {
  const column = (peer: string, version: string) => ({ peer, role: "server", protocol: "SMTP", version }) as const;
  const { id: question } = rows[0]!;
  const atlas = (peer: string, version: string, short: string): Atlas => ({
    columns: [column(peer, version)],
    questions: rows,
    answers: [{ question, peer, short, words: `Says ${short}.` }],
  });

  it("has what was found in the place of what was known of a peer, in the given order", () => {
    const known = merged(atlas("b", "1", "ends"), atlas("a", "1", "–"), ["a", "b"]);
    expect(known.columns.map(({ peer }) => peer)).toEqual(["a", "b"]);
    const fresh = merged(known, atlas("b", "2", "554"), ["a", "b"]);
    expect(fresh.answers.map(({ short }) => short)).toEqual(["–", "554"]);
    expect(merged(fresh, atlas("b", "2", "554"), ["b"]).columns).toHaveLength(1);
  });

  it("is JSON with an entry a line", () => {
    expect(JSON.parse(written(atlas("a", "1", "ends")))).toEqual(atlas("a", "1", "ends"));
  });

  it("is all that the document says", () => {
    const text = document(atlas("a", "1", "ends"));
    expect(text).toMatch(/\n\| \[`CRLF\.CRLF`\]\(#end-crlf\.crlf\) +\| ends \|\n/);
    expect(text).toContain("- **a**: Says ends.");
    expect(document(atlas("a", "1", "554"))).not.toBe(text);
  });
});
