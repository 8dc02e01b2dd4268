import { type DigestMd5ServerOptions, digestMd5Client, digestMd5Server } from "sasl";
import { saslprep } from "sasl/saslprep";
import { describe, expect, it, vi } from "vitest";
import { sent, text, utf8 } from "../support.ts";
import { ANSWER, answerTo, askedOn, endOf, latin1, md5, own, requoted } from "./support.ts";

/** The answer with something changed. */
const changed = (from: string | RegExp, to: string) => {
  const answer = ANSWER.replace(from, to);
  expect(answer).not.toBe(ANSWER);
  return answer;
};

describe("server: the challenge", () => {
  const challengeOf = (options: DigestMd5ServerOptions, initial: Uint8Array | null = null) => {
    const step = digestMd5Server(options).next(initial);
    return step.type === "challenge" ? text(step.bytes) : step.type;
  };

  it.each([
    [{}, 'nonce="N",qop="auth",algorithm=md5-sess,charset=utf-8'],
    [
      { realms: ["a", "", 'b"\\'] },
      'realm="a",realm="",realm="b\\"\\\\",nonce="N",qop="auth",algorithm=md5-sess,charset=utf-8',
    ],
    [{ realms: ["j\u00fc\u03c0"] }, 'realm="j\u00fc\u03c0",nonce="N",qop="auth",algorithm=md5-sess,charset=utf-8'],
  ])("[DIGEST-6331-1] [DIGEST-7.2-1] with %j it is %j: qop=auth and nothing else", (options, challenge) => {
    expect(challengeOf({ nonce: "N", ...options })).toBe(challenge);
  });

  it("[DIGEST-2.1.1-6] the nonce has 128 random bits, another one for every exchange, drawn when it is needed", () => {
    const draw = vi.spyOn(globalThis.crypto, "getRandomValues");
    const server = digestMd5Server();
    expect(draw).not.toHaveBeenCalled();
    server.next(null);
    expect(draw).toHaveBeenCalledOnce();
    draw.mockRestore();
    const nonces = Array.from({ length: 50 }, () => /nonce="([0-9a-f]{32})"/.exec(challengeOf({}))?.[1]);
    expect(new Set(nonces).size).toBe(50);
    expect(nonces).not.toContain(undefined);
  });

  it.each(["", "username=x", ANSWER])(
    "[DIGEST-2.2-1] the initial response %j is answered by a fresh challenge",
    (initial) => {
      expect(challengeOf({ nonce: "N" }, utf8(initial))).toBe(challengeOf({ nonce: "N" }));
      const client = digestMd5Client(own);
      expect(sent(client.start())).toBeNull();
    },
  );

  it("[DIGEST-2.1.1-4] it has fewer than 2048 octets", () => {
    const rest = challengeOf({ nonce: "N", realms: [""] }).length;
    const longest = "r".repeat(2047 - rest);
    expect(challengeOf({ nonce: "N", realms: [longest] })).toHaveLength(2047);
    const error = new RangeError('"realms" expected a challenge of fewer than 2048 octets');
    expect(() => digestMd5Server({ nonce: "N", realms: [`${longest}r`] })).toThrow(error);
    expect(() => digestMd5Server({ realms: [longest] })).toThrow(error);
    expect(challengeOf({ realms: [longest.slice(31)] })).toHaveLength(2047);
  });

  it.each([
    [{ nonce: "" }, new RangeError('"nonce" expected printable ASCII')],
    [{ nonce: "\u00e4" }, new RangeError('"nonce" expected printable ASCII')],
    [{ nonce: "\u00e4N" }, new RangeError('"nonce" expected printable ASCII')],
    [{ nonce: "N\u00e4" }, new RangeError('"nonce" expected printable ASCII')],
    [{ realms: ["a\0"] }, new RangeError('"realm" expected no NUL')],
    [{ realms: ["\ud800"] }, new RangeError('"realm" expected no unpaired surrogate')],
  ])("%j is refused", (options, error) => {
    expect(() => digestMd5Server(options)).toThrow(error);
  });
});

describe("server: the response", () => {
  it.each([
    ["", "malformed-message"],
    [/username="chris",/, "malformed-message"],
    [/nonce="N",/, "malformed-message"],
    [/cnonce="C",/, "malformed-message"],
    [/response=[0-9a-f]+,/, "malformed-message"],
    [/nc=00000001,/, "malformed-message"],
    [/digest-uri="[^"]*",/, "malformed-message"],
  ])("[DIGEST-2.1.2-5] without %s it fails", (part, reason) => {
    const answer = part === "" ? "" : changed(part, "");
    expect(askedOn(answer).step).toMatchObject({ type: "failure", reason });
  });

  it.each([
    'username="chris"',
    'realm="example.com"',
    'nonce="N"',
    'cnonce="C"',
    "nc=00000001",
    "qop=auth",
    'digest-uri="imap/mx.example.com"',
    "response=0123456789abcdef0123456789abcdef",
    "charset=utf-8",
  ])("[DIGEST-2.1.2-5] with a second %s it fails", (directive) => {
    expect(askedOn(`${ANSWER},${directive}`).step).toMatchObject({ type: "failure", reason: "malformed-message" });
  });

  it.each(["maxbuf=1", "cipher=rc4", 'authzid="x"'])("[DIGEST-2.1.2-5] %s may be there once", (directive) => {
    expect(askedOn(`${ANSWER},${directive}`).step.type).toBe("lookup");
    expect(askedOn(`${ANSWER},${directive},${directive}`).step).toMatchObject({ reason: "malformed-message" });
  });

  it.each([
    ['nonce="N"', 'nonce="M"', "nonce-mismatch"],
    ['nonce="N"', 'nonce="n"', "nonce-mismatch"],
    ["nc=00000001", "nc=00000002", "nonce-mismatch"],
    ["nc=00000001", "nc=1", "nonce-mismatch"],
    ["nc=00000001", "nc=00000000", "nonce-mismatch"],
    ['realm="example.com"', 'realm="other"', "wrong-service"],
    ['realm="example.com"', 'realm=""', "wrong-service"],
    ['realm="example.com",', "", "wrong-service"],
    ["qop=auth", "qop=auth-int", "malformed-message"],
    ["qop=auth", 'qop="auth,auth-int"', "malformed-message"],
    ["qop=auth", 'qop=auth,authzid=""', "malformed-message"],
    ["qop=auth", 'qop=auth,authzid="a\\\0"', "malformed-message"],
    ["charset=utf-8", "charset=utf8", "malformed-message"],
    ['username="chris"', 'username=""', "malformed-message"],
    ['username="chris"', 'username="a\\\0"', "malformed-message"],
    [/response=[0-9a-f]{4}/, "response=", "malformed-message"],
    [/response=[0-9a-f]{4}/, "response=ABCD", "malformed-message"],
    [/response=[0-9a-f]{4}/, "response=wxyz", "malformed-message"],
    [/response=/, "response=0", "malformed-message"],
    [/response=([0-9a-f]*)/, "response=$10", "malformed-message"],
  ])("[DIGEST-2.1.2-5] [DIGEST-2.1.3-1] with %s as %j it fails", (from, to, reason) => {
    expect(askedOn(changed(from, to)).step).toMatchObject({ type: "failure", reason });
  });

  it.each([
    [',nc="00000001",', ",nc=00000001,"],
    [',qop="auth"', ",qop=auth"],
    ['charset="utf-8"', "charset=utf-8"],
    ["username=chris", 'username="chris"'],
    ["nonce=N,", 'nonce="N",'],
  ])("[DIGEST-7.2-2] [DIGEST-2.1.2-5] %s is taken, unless `looseQuoting` is off", (loose, strict) => {
    expect(endOf(askedOn(changed(strict, loose))).type).toBe("success");
    expect(askedOn(changed(strict, loose), { looseQuoting: false }).step).toMatchObject({
      reason: "malformed-message",
    });
    expect(endOf(askedOn(ANSWER, { looseQuoting: false })).type).toBe("success");
  });

  it("[DIGEST-7.2-2] [DIGEST-2.1.2-5] without `looseQuoting` every directive is as the grammar has it", () => {
    const strict = [...ANSWER.split(","), "maxbuf=65536", "cipher=des", 'authzid="root"'];
    expect(strict.map((directive) => directive.split("=", 1)[0])).toEqual([
      ...["charset", "username", "realm", "nonce", "nc", "cnonce", "digest-uri", "response", "qop"],
      ...["maxbuf", "cipher", "authzid"],
    ]);
    expect(askedOn(strict.join(), { looseQuoting: false }).step.type).toBe("lookup");
    for (const at of strict.keys()) {
      const loose = strict.map((each, index) => (index === at ? requoted(each) : each)).join();
      expect(askedOn(loose, { looseQuoting: false }).step).toMatchObject({ reason: "malformed-message" });
    }
  });

  it("[DIGEST-2.1.1-3] [DIGEST-7.1-1] unknown directives, empty elements and white space change nothing", () => {
    const answer = `,, x=y,opaque="z",${ANSWER.replaceAll(",", " ,\t,").replaceAll("=", " = ")},x=z, `;
    expect(endOf(askedOn(answer)).type).toBe("success");
  });

  it("[DIGEST-2.1.2-3] qop and digest-uri are hashed in the case in which they come; qop left out is auth", () => {
    const { password, authenticationIdentity: user } = own;
    const response = (qop: string, uri: string) => {
      const key = md5(md5(`${user}:example.com:${password}`), ":N:C").toString("hex");
      const a2 = md5(`AUTHENTICATE:${uri}`).toString("hex");
      return md5(`${key}:N:00000001:C:${qop}:${a2}`).toString("hex");
    };
    const uri = "IMAP/Mx.Example.COM";
    const answer = changed("qop=auth", "qop=Auth")
      .replace("imap/mx.example.com", uri)
      .replace(/response=[0-9a-f]+/, `response=${response("Auth", uri)}`);
    expect(endOf(askedOn(answer, { service: "imap", hosts: ["mx.example.com"] })).type).toBe("success");
    expect(endOf(askedOn(changed(",qop=auth", ""))).type).toBe("success");
  });

  it("[DIGEST-2.1.1-4] 4095 octets are read, 4096 are not", () => {
    const long = (length: number) => `${ANSWER},x="`.padEnd(length - 1, "y").concat('"');
    expect(endOf(askedOn(long(4095))).type).toBe("success");
    expect(askedOn(long(4096)).step).toMatchObject({ type: "failure", reason: "message-too-long" });
  });

  it.each([
    ["imap/mx.example.com", { service: "imap", hosts: ["mx.example.com"] }, true],
    ["IMAP/MX.example.com", { service: "Imap", hosts: ["mx.Example.com"] }, true],
    ["imap/mx.example.com/example.com", { service: "imap", hosts: ["mx.example.com", "example.com"] }, true],
    ["imap/other", { service: "imap" }, true],
    ["smtp/mx", { hosts: ["mx"] }, true],
    ["smtp/other/third", {}, true],
    ["smtp/mx", { service: "imap" }, false],
    ["imap/other", { hosts: ["mx"] }, false],
    ["imap/mx/other", { hosts: ["mx"] }, false],
    ["imap/mx", { hosts: [] }, false],
    ["imap", {}, false],
    ["imap/a/b/c", {}, false],
  ])("[DIGEST-2.1.2-6] the digest-uri %j, with %j: %s", (uri, options, isRight) => {
    const answer = uri === "imap/mx.example.com" ? ANSWER : changed("imap/mx.example.com", uri);
    expect(askedOn(answer, options).step).toMatchObject(
      isRight ? { type: "lookup" } : { type: "failure", reason: "wrong-service" },
    );
  });

  it("[DIGEST-2.1.2-5] the realm is one of several that are offered, or any if none is", () => {
    const several = { realms: ["a", "j\u00fc", "example.com"] };
    expect(askedOn(ANSWER, several).step).toMatchObject({ type: "lookup", realm: "example.com" });
    const answer = answerTo('realm="a",realm="j\u00fc",nonce="N",algorithm=md5-sess,charset=utf-8', {
      realm: "j\u00fc",
    });
    expect(answer).toContain('realm="j\u00fc"');
    const asked = askedOn(answer!, several);
    expect(asked.step).toMatchObject({ realm: "j\u00fc" });
    expect(endOf(asked).type).toBe("success");
    expect(askedOn(ANSWER, { realms: [] }).step).toMatchObject({ realm: "example.com" });
    expect(askedOn(changed('realm="example.com",', ""), { realms: [] }).step).toMatchObject({ realm: "" });
  });

  it.each([
    ['username="chris"', 'username="\u00ff"'],
    ['realm="example.com"', 'realm="\u00ff"'],
    ["qop=auth", 'qop=auth,authzid="\u00ff"'],
  ])(
    "[DIGEST-2.1.2-4] octets in %s that are not UTF-8 fail; without charset the first two are ISO 8859-1",
    (from, to) => {
      const answer = changed(from, to);
      expect(askedOn(latin1(answer), { realms: [] }).step).toMatchObject({ type: "failure", reason: "invalid-utf8" });
      const other = answer.replace("charset=utf-8,", "");
      expect(askedOn(latin1(other), { realms: [] }).step).toMatchObject(
        to.includes("authzid") ? { reason: "invalid-utf8" } : { type: "lookup" },
      );
    },
  );

  it("a name that cannot be prepared fails, a prepared one is looked up", () => {
    const answer = (name: string) => changed("chris", name);
    expect(askedOn(answer("\u00ad"), { prepare: saslprep }).step).toMatchObject({ reason: "preparation-failed" });
    expect(askedOn(answer("ch\u00adris"), { prepare: saslprep }).step).toMatchObject({
      authenticationIdentity: "chris",
    });
  });
});
