import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Command, converse, GREETING, offer, type Step } from "./support.ts";

const HELLO: Step[] = [GREETING, (s) => s.ehlo("client.example.com"), offer("PIPELINING", "8BITMIME", "CHUNKING")];
const ENVELOPE =
  "LHLO client.example.com\r\nMAIL FROM:<a@b> BODY=8BITMIME\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nRCPT TO:<g@h>\r\n";
const mail: Command = (s) => s.mail("a@b").rcpt("c@d").rcpt("e@f").rcpt("g@h");
const data: Step[] = [
  mail,
  (s) => s.data(),
  "250 a\r\n250 b\r\n550 c\r\n250 d\r\n354 go\r\n",
  (s) => s.content(octets("x")),
];
const chunks: Step[] = [mail, (s) => s.bdat().content(octets("x")), "250 a\r\n250 b\r\n550 c\r\n250 d\r\n"];

/** A conversation in LMTP; deliveries with their recipients. */
function talk(steps: readonly Step[]) {
  const { output, events, shown, session } = converse([...HELLO, ...steps], { protocol: "lmtp" });
  const ends = events.flatMap((event) => {
    if (event.type === "delivery") return [`${event.to.address} ${event.outcome} ${event.reply?.code ?? "-"}`];
    return event.type === "message" ? [`${event.outcome} ${event.reply?.code ?? "-"}`] : [];
  });
  return { output, ends, shown, session };
}

describe.each([
  ["DATA", data, "DATA\r\nx\r\n.\r\n"],
  ["BDAT", chunks, "BDAT 3 LAST\r\nx\r\n"],
])("LMTP, %s", (_, begun, content) => {
  it("[LMTP-4.1-2] says LHLO, and sends what SMTP would", () => {
    expect(talk(begun).output).toBe(ENVELOPE + content);
  });

  it.each<readonly [string, readonly Step[], readonly string[]]>([
    [
      "[LMTP-4.2-4] a reply for each accepted recipient, as it comes",
      ["250-one\r\n250 line\r\n"],
      ["c@d accepted 250"],
    ],
    ["[LMTP-4.2-4] all replies", ["250 a\r\n452 b\r\n"], ["c@d accepted 250", "g@h transient 452", "accepted 452"]],
    ["none accepts", ["452 a\r\n550 b\r\n"], ["c@d transient 452", "g@h permanent 550", "permanent 550"]],
    [
      "[LMTP-5-3] the connection lost behind some",
      ["250 a\r\n", (s) => s.receiveEnd()],
      ["c@d accepted 250", "g@h unknown -", "accepted -"],
    ],
    ["the connection lost before any", [(s) => s.receiveEnd()], ["c@d unknown -", "g@h unknown -", "unknown -"]],
    ["[LMTP-5-4] 421 in place of one", ["421 bye\r\n"], ["c@d transient 421", "g@h transient 421", "transient 421"]],
    ["421 behind one", ["250 a\r\n421 bye\r\n"], ["c@d accepted 250", "g@h transient 421", "accepted 421"]],
  ])("%s", (_, steps, expected) => {
    expect(talk([...begun, ...steps]).ends).toEqual(expected);
  });

  it("the next message counts anew", () => {
    const again = [...begun, "250 a\r\n250 b\r\n", ...begun, "550 a\r\n550 b\r\n"];
    expect(talk(again).ends.slice(3)).toEqual(["c@d permanent 550", "g@h permanent 550", "permanent 550"]);
  });
});

describe("LMTP", () => {
  it("[LMTP-4.1-2] has no HELO", () => {
    expect(() => talk([(s) => s.helo("x.example")])).toThrow("helo() is not possible in LMTP; legal now: ehlo()");
  });

  it("354 without a recipient is fatal, since no reply could follow it", () => {
    const { shown } = talk([mail, (s) => s.data(), "250 a\r\n550 b\r\n550 c\r\n550 d\r\n354 go\r\n"]);
    expect(shown.slice(-3)).toEqual(["violation unexpected-code", "data lost", "closed violation"]);
  });

  it("any other refusal of it is none", () => {
    const { shown, session } = talk([mail, (s) => s.data(), "250 a\r\n550 b\r\n550 c\r\n550 d\r\n503 no\r\n"]);
    expect([shown.at(-1), session.state]).toEqual(["data 503", "mail"]);
  });

  it("nothing goes ahead of the recipients' replies", () => {
    const { output } = talk([mail, (s) => s.bdat({ eager: true }).content(octets("x"))]);
    expect(output).toBe(ENVELOPE);
  });

  it("a chunk that is not the last has one reply", () => {
    const { shown, ends } = talk([
      mail,
      (s) => s.bdat().write(octets("x\r\n")).flush().end(),
      "250 a\r\n250 b\r\n250 c\r\n250 d\r\n",
      "250 chunk\r\n",
      "250 1\r\n250 2\r\n250 3\r\n",
    ]);
    expect(shown.filter((line) => line.startsWith("bdat"))).toEqual(["bdat ok"]);
    expect(ends).toEqual(["c@d accepted 250", "e@f accepted 250", "g@h accepted 250", "accepted 250"]);
  });
});
