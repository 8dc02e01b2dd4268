import { SmtpClientSession } from "smtp-codec";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";

const HELLO = "250-x\r\n250-8BITMIME\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 BURL\r\n";
const URL = "imap://u@h/1;urlauth=submit+u:internal:00";

/** A client of LMTP that is ready, what it sends, and its events by their outcomes. */
function ready() {
  const session = new SmtpClientSession({ protocol: "lmtp" });
  const sent = () => text(session.takeOutputPieces());
  const shown = (input: string) => {
    session.receive(octets(input));
    return [...session].map((event) =>
      [event.type, "outcome" in event ? event.outcome : "", "to" in event ? event.to.address : ""].join(" ").trim(),
    );
  };
  shown("220 x\r\n");
  session.ehlo("c.example");
  sent();
  shown(HELLO);
  return { session, sent, shown };
}

describe("BURL in LMTP", () => {
  it("[LMTP-4.3-1] waits for the recipients, so that what is lost is told of them, and of no others", () => {
    const { session, sent, shown } = ready();
    session.mail("a@x.example").rcpt("old@x.example").bdat();
    session.end(octets("hi\r\n"));
    sent();
    shown("250 k\r\n250 k\r\n");
    sent();
    expect(shown("250 stored\r\n")).toEqual(["delivery accepted old@x.example", "message accepted"]);
    session.mail("a@x.example").rcpt("new@x.example").burl(URL);
    expect(sent()).toBe("MAIL FROM:<a@x.example> BODY=8BITMIME\r\nRCPT TO:<new@x.example>\r\n");
    session.timedOut();
    expect(shown("")).toEqual(["message not-accepted", "mail transient", "rcpt transient new@x.example", "closed"]);
  });

  it("[LMTP-4.3-1] each part waits for the reply to the one before, and none is sent after one that was refused", () => {
    const { session, sent, shown } = ready();
    session.mail("a@x.example").rcpt("r1@x.example").rcpt("r2@x.example").burl(URL, { last: false }).burl(URL);
    sent();
    shown("250 k\r\n250 k\r\n250 k\r\n");
    expect(sent()).toBe(`BURL ${URL}\r\n`);
    expect(shown("554 no\r\n")).toEqual(["burl permanent", "message permanent"]);
    session.rset();
    expect(sent()).toBe("RSET\r\n");
    expect(shown("250 ok\r\n")).toEqual(["rset accepted"]);
  });
});
