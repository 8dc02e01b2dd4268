import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Echo, type Options, recorded } from "./echo.ts";

describe("record", () => {
  it("masks what the rules and arguments say", () => {
    const lines = recorded((session) => {
      session.receive(octets("pass s\xe9cret w\r\nhash 0aXf\r\nauth Zm9v!* \r\ndata\r\n..x.y\r\n\xff\r\nNOOP\r\n"));
      session.login("tim", "tan taf");
      session.login("tim", null);
      session.say({ type: "said", word: "TAN TAF", name: "tan taf", password: "other", digest: "0f", secret: false });
      session.say({ type: "said", secret: true, word: "other", bytes: octets("abc"), name: "tim" });
      for (const _ of session);
    });
    expect(lines.slice(0, 7)).toEqual([
      ...["C: pass *\\xe3**** *", "C+ hash 00X0", "C+ auth AAAA!*", "C+ data", "C+ .xxxx", "C+ \\xff", "C+ NOOP"].slice(
        0,
        2,
      ),
      ...["C+ auth AAAA!*\\x20", "C+ data", "C+ .xxxx", "C+ \\xff", "C+ NOOP"],
    ]);
    expect(lines.slice(7, 9)).toEqual(['call login ["tim","*** ***"]', 'call login ["tim",null]']);
    expect(lines).toContain(
      'event said {"word":"TAN TAF","name":"tan taf","password":"*****","digest":"00","secret":false}',
    );
    expect(lines).toContain(
      'event said {"secret":true,"word":"*****","bytes":{"$octets":"\\\\x00\\\\x00\\\\x00"},"name":"tim"}',
    );
  });

  it("masks in events what lines do not show, and shows what they show, though it be a password", () => {
    const lines = recorded((session) => {
      session.receive(octets("auth TanTaf test\r\n"));
      expect([...session]).toEqual([{ type: "read", words: ["TanTaf", "test"] }]);
      session.receive(octets("word tantaf\r\nword test\r\n"));
      session.login("tim", "test");
      session.say({ type: "said", secret: false, word: "Test", uniqueIds: ["test"] });
      for (const _ of session);
    });
    expect(lines).toEqual([
      ...["C: auth AAAAAA AAAA", 'event read {"words":["AAAAAA","AAAA"]}', "waiting bytes"],
      ...["C: word tantaf", "C+ word test", 'call login ["tim","****"]'],
      'call say [{"type":"said","secret":false,"word":"Test","uniqueIds":["test"]}]',
      'event said {"secret":false,"word":"Test","uniqueIds":["test"]}',
      ...['event read {"words":["tantaf"]}', 'event read {"words":["test"]}', "waiting bytes"],
    ]);
  });

  it.each([
    ["UTF-8", "\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e", "\\xc3\\xa9\\xe3\\xa9\\xa9\\xf1\\xa9\\xa9\\xa9"],
    ["what is no UTF-8", "\xc0\xf5\xff", "\\xff\\xff\\xff"],
    ["controls", "\x01a\x7f\x00\r\n", "\\x01*\\x7f\\x00"],
  ])("a masked password remains %s", (_, password, shown) => {
    const lines = recorded((session) => {
      session.receive(octets(`pass ${password}`.replace(/(?:\r\n)?$/, "\r\n")));
    });
    expect(lines).toEqual([`C: pass ${shown}`]);
  });

  it("shows secrets and content where it is told to", () => {
    const use = (session: Echo) => {
      session.receive(octets("pass word\r\ndata\r\n..x\r\n"));
      session.login("tim", "tanstaaf");
      session.say({ type: "said", secret: true, word: "x", bytes: octets("abc") });
      session.nextEvent();
    };
    expect(recorded(use, {}, { content: true, secrets: true })).toEqual([
      ...["C: pass word", "C+ data", "C+ ..x", 'call login ["tim","tanstaaf"]'],
      'call say [{"type":"said","secret":true,"word":"x","bytes":{"$octets":"abc"}}]',
      'event said {"secret":true,"word":"x","bytes":{"$octets":"abc"}}',
    ]);
  });

  it("masks content that is counted rather than in lines, up to TLS", () => {
    const lines = recorded((session) => {
      session.receive(octets("count\r\na\r\nb\r\ncount\r\nab"));
      session.tlsEstablished();
      session.receive(octets("ab\r\n"));
    });
    expect(lines).toEqual([...["C: count", "C+ x", "C+ b", "C+ count", "C+ xx\\", "call tlsEstablished []", "C: ab"]]);
  });

  it("masks a password, a digest and a token wherever they stand", () => {
    const lines = recorded((session) => {
      session.say({ type: "said", secret: false, password: "tan taf", digest: "0f", token: "ab.c", word: "open" });
      for (const _ of session);
    });
    expect(lines[1]).toBe(
      'event said {"secret":false,"password":"*** ***","digest":"00","token":"****","word":"open"}',
    );
  });

  it.each([0, 255, 256, 257, 5000])(
    "remembers every secret: after %i more what is made of the first and the last is masked",
    (more) => {
      const lines = recorded((session) => {
        session.use({ first: () => "one", LAST: () => "two", open: () => "three" });
        session.login("tim", "!First");
        for (let count = 0; count < more; count++) session.login("tim", `password ${count}`);
        session.login("tim", "!last");
        session.receive(octets("!first\r\n!LAST\r\n!open\r\n"));
        for (const _ of session);
      });
      expect(lines.filter((line) => /^outside 1 (?:first|LAST|open)/.test(line))).toEqual([
        ...['outside 1 first "***"', 'outside 1 LAST "***"', 'outside 1 open "three"'],
      ]);
    },
  );

  it("masks everything once there are more secrets than it can remember", () => {
    const options: Options = { greet: (name) => `hello ${name}` };
    const said = (most: number) => {
      const lines = recorded((session) => {
        session.login("tim", "first");
        for (let count = 0; count < most; count++) session.login("tim", `${count}${"x".repeat(100_000)}`);
        session.login("tim", "last");
        for (const word of ["first", "last", "two words"])
          session.say({ type: "said", secret: false, name: "tim", word });
        session.ask((question) => question.slice(1), "last");
        session.receive(octets("open\r\n"));
        for (const _ of session);
      }, options);
      expect(lines).toContain("C: open");
      const shown = lines.filter((line) => /^(event said|outside)/.test(line));
      return shown.map((line) => line.replace(/.*"name":"tim",/, ""));
    };
    expect(said(5)).toEqual([
      ...['outside 2 call "***"', '"word":"first"}', '"word":"last"}', '"word":"two words"}'],
      'outside 1 call "hello open"',
    ]);
    expect(said(6)).toEqual([
      ...['outside 2 call "***"', '"word":"*****"}', '"word":"****"}', '"word":"*** *****"}'],
      'outside 1 call "***** ****"',
    ]);
  });
});
