import { type SmtpClientOptions, SmtpClientSession, StateError } from "smtp-codec";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { converse, echo, ehlo, GREETING, offer, type Step } from "./support.ts";

const EVERYTHING = ["8BITMIME", "CHUNKING", "BURL imap", "AUTH ECHO", "STARTTLS", "EXPN", "ETRN", "ATRN"];
const PROXY = ["XCLIENT ADDR", "XFORWARD ADDR"];
const ADDRESS = [{ name: "ADDR", value: "192.0.2.1" }] as const;

const CALLS: { readonly [name: string]: (session: SmtpClientSession) => unknown } = {
  ehlo: (s) => s.ehlo("x.example"),
  helo: (s) => s.helo("x.example"),
  mail: (s) => s.mail("a@b", { content: "7bit" }),
  rcpt: (s) => s.rcpt("a@b"),
  data: (s) => s.data(),
  bdat: (s) => s.bdat(),
  burl: (s) => s.burl("imap:x"),
  write: (s) => s.write(octets("x")),
  flush: (s) => s.flush(),
  end: (s) => s.end(),
  abort: (s) => s.abort(),
  content: (s) => s.content(octets("x")),
  rset: (s) => s.rset(),
  noop: (s) => s.noop(),
  help: (s) => s.help(),
  vrfy: (s) => s.vrfy("x"),
  expn: (s) => s.expn("x"),
  etrn: (s) => s.etrn("x.example"),
  atrn: (s) => s.atrn(),
  xclient: (s) => s.xclient(ADDRESS),
  xforward: (s) => s.xforward(ADDRESS),
  quit: (s) => s.quit(),
  starttls: (s) => s.starttls(),
  auth: (s) => s.auth(echo()),
  beginSecurityLayer: (s) => s.beginSecurityLayer(),
  proceed: (s) => s.proceed({ type: "failure", text: "" }),
  tlsEstablished: (s) => s.tlsEstablished(),
};
/** Where the call that is refused has another name. */
const NAMED: { readonly [name: string]: string } = { content: "end" };

const hello: Step[] = [GREETING, ehlo, offer(...EVERYTHING, ...PROXY)];
const begun: Step[] = [...hello, (s) => s.mail("a@b").rcpt("c@d"), "250 ok\r\n", "250 ok\r\n"];

function refused(steps: readonly Step[], names: readonly string[], options: SmtpClientOptions = {}, state = ""): void {
  refusedBy(converse(steps, options).session, names, state);
}

/** Sees that calls are refused in words, and change nothing. */
function refusedBy(session: SmtpClientSession, names: readonly string[], state = ""): void {
  const before = session.snapshot();
  for (const name of names) {
    let error: unknown;
    try {
      CALLS[name]!(session);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(StateError);
    const { message } = error as StateError;
    expect(message.split(" is not possible ")).toEqual([
      expect.stringContaining(`${NAMED[name] ?? name}()`),
      expect.stringMatching(/^.+; legal now: .+$/),
    ]);
    expect(message).toMatch(new RegExp(`^${NAMED[name] ?? name}\\(\\)`));
    expect(message).toContain(state);
    expect(session.snapshot()).toEqual(before);
  }
}

describe("a call that the state does not allow says so, and what is legal, and changes nothing", () => {
  const all = Object.keys(CALLS);
  const but = (...names: readonly string[]) => all.filter((name) => !names.includes(name));
  const always = ["ehlo", "helo", "rset", "noop", "help", "vrfy", "quit"];

  it.each<[string, readonly Step[], readonly string[]]>([
    ["when it is closed", [(s) => s.receiveEnd()], all],
    ["before a hello", [GREETING], but(...always, "starttls")],
    ["before a hello, STARTTLS", [GREETING], ["starttls"]],
    ["behind a greeting that refused", ["554 no\r\n"], but("quit")],
    ["while a hello is under way", [GREETING, ehlo], all],
    ["behind a hello", hello, ["rcpt", "data", "bdat", "burl", "write", "flush", "end", "abort", "content", "proceed"]],
    ["in a transaction", begun, ["mail", "auth", "starttls", "etrn", "atrn", "xclient", "xforward"]],
    ["in content", [...begun, (s) => s.data(), "354 go\r\n"], but("write", "flush", "end", "abort", "content")],
    ["in chunks", [...begun, (s) => s.bdat()], but("write", "flush", "end", "abort", "content", "burl")],
    ["behind STARTTLS", [...hello, (s) => s.starttls(), "220 go\r\n"], but("tlsEstablished")],
  ])("%s", (_, steps, names) => {
    refused(steps, names);
  });

  it("before TLS, where that is wanted", () => {
    refused(hello, ["mail", "vrfy", "expn", "auth"], { requireTls: true }, "requireTls demands");
    refused(hello, ["mail", "vrfy", "expn", "auth"], { tlsWhenOffered: true }, "tlsWhenOffered demands");
  });

  it("where the server does not offer it", () => {
    const plain: Step[] = [
      GREETING,
      ehlo,
      offer("8BITMIME"),
      (s) => s.mail("a@b").rcpt("c@d"),
      "250 ok\r\n",
      "250 ok\r\n",
    ];
    refused(plain, ["bdat", "burl", "expn", "etrn", "atrn", "xclient", "xforward"], {}, "does not offer");
    refused([GREETING, ehlo, offer("8BITMIME")], ["auth"], {}, "on a server not known to list it");
  });

  it("once authenticated", () => {
    /** A session after AUTH, and after what the steps lead to. */
    const authenticated = (...steps: readonly (string | ((session: SmtpClientSession) => unknown))[]) => {
      const session = new SmtpClientSession();
      const all = [...hello, (s: SmtpClientSession) => s.auth(echo("all")), "235 ok\r\n", ...steps];
      for (const step of all) {
        if (typeof step === "string") for (const _ of session.receive(octets(step)));
        else step(session);
        session.takeOutputPieces();
      }
      return session;
    };
    refusedBy(authenticated(), ["auth"], "once authenticated");
    const wrong = "other than at the end of AUTH";
    refusedBy(
      authenticated((s) => s.noop()),
      ["beginSecurityLayer"],
      wrong,
    );
    refusedBy(
      authenticated((s) => s.mail("a@b"), "250 ok\r\n"),
      ["beginSecurityLayer"],
      wrong,
    );
    refusedBy(authenticated("250"), ["beginSecurityLayer"], wrong);
    refused(hello, ["beginSecurityLayer"], {}, wrong);
    const session = authenticated();
    expect([session.beginSecurityLayer(), session.state]).toEqual([[], "greeted"]);
  });
});
