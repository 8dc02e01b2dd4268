import { expect, it } from "vitest";
import { compareParts, unknownIds } from "../../src/ledger/compare.ts";
import { readLedger } from "../../src/ledger/ledger.ts";

const head = "# Requirements: `pop3-codec` and `sasl`\n\n- **Role**: who does it.\n";

it("reads ids, the package whose heading they stand under, and their lines", () => {
  const text = [
    `${head}# pop3-codec`,
    "## RFC 1939: framing (§3)",
    "- [POP3-3-1] both — a line ends at CRLF (RFC 1939 §3, text)",
    "- [POP3-Q-2] client — `+` CRLF is empty (off) (practice)",
    "## Package `sasl`",
    "### PLAIN",
    "- [PLAIN-2-1] server — NUL is refused (RFC 4616 §2, MUST)",
  ];
  expect(readLedger("a.md", text.join("\n"))).toEqual([
    { id: "POP3-3-1", part: "pop3-codec", place: "a.md:6" },
    { id: "POP3-Q-2", part: "pop3-codec", place: "a.md:7" },
    { id: "PLAIN-2-1", part: "sasl", place: "a.md:10" },
  ]);
});

it.each([
  ["no role", "- [POP3-3-1] a line ends at CRLF (RFC 1939 §3, text)"],
  ["another role", "- [POP3-3-1] proxy — a line ends at CRLF (RFC 1939 §3, text)"],
  ["no source", "- [POP3-3-1] both — a line ends at CRLF"],
  ["a broken id", "- [POP3-3] both — a line ends at CRLF (RFC 1939 §3, text)"],
])("refuses a line with %s, by its place", (_, line) => {
  const expected = 'a.md:5: expected "- [ID] role — statement (source, level)"';
  expect(() => readLedger("a.md", `${head}# sasl\n${line}\n`)).toThrow(expected);
});

it("refuses an id that stands twice, and one under no package, and says all of it", () => {
  const line = "- [POP3-3-1] both — a line ends at CRLF (RFC 1939 §3, text)\n";
  expect(() => readLedger("a.md", `${head}${line}# pop3-codec\n${line}${line}`)).toThrow(
    "a.md:4: POP3-3-1 stands under no package's heading\na.md:7: POP3-3-1 stands at a.md:6 already",
  );
});

it("lists by part what no test names and no deviation decides, and what no ledger knows", () => {
  const requirement = (id: string, part: string) => ({ id, part, place: "a.md:1" });
  const requirements = [
    ...["DOT-4.5.2-10", "DOT-4.5.2-9", "DOT-4.5.2-8", "DOT-4.5.2-7"].map((id) => requirement(id, "dot-stuffing")),
    requirement("PLAIN-2-1", "sasl"),
  ];
  const named = new Set(["DOT-4.5.2-8", "DOT-4.5.2-7", "PLAIN-2-1", "PLAIN-2-99"]);
  const otherwise = new Set(["DOT-4.5.2-7"]);
  expect(compareParts(requirements, named, otherwise)).toEqual([
    { name: "dot-stuffing", all: 4, named: 1, otherwise: 1, missing: ["DOT-4.5.2-9", "DOT-4.5.2-10"] },
    { name: "sasl", all: 1, named: 1, otherwise: 0, missing: [] },
  ]);
  expect(unknownIds([...named, ...otherwise], requirements)).toEqual(["PLAIN-2-99"]);
});
