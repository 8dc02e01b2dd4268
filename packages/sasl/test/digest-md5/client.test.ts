import fc from "fast-check";
import { digestMd5Client } from "sasl";
import { describe, expect, it, vi } from "vitest";
import { runs, sent, smallPrepare, text, utf8 } from "../support.ts";
import { ANSWER, answerTo, askedOn, CHALLENGE, endOf, latin1, md5, own, requoted, toLatin1 } from "./support.ts";

describe("client: the challenge", () => {
  const base = 'nonce="N",algorithm=md5-sess';

  it.each([
    ['algorithm=md5-sess,qop="auth"', "malformed-message"],
    ['nonce="",algorithm=md5-sess', "malformed-message"],
    ['nonce="N",nonce="N",algorithm=md5-sess', "malformed-message"],
    ['nonce="N"', "malformed-message"],
    [`${base},algorithm=md5-sess`, "malformed-message"],
    [`${base},stale=true,stale=true`, "malformed-message"],
    [`${base},maxbuf=1,maxbuf=2`, "malformed-message"],
    [`${base},charset=utf-8,CHARSET=utf-8`, "malformed-message"],
    [`${base},charset=iso-8859-1`, "malformed-message"],
    ['nonce="N",algorithm=md5', "unsupported-offer"],
    ['nonce="N",algorithm=""', "malformed-message"],
    ["", "malformed-message"],
    [" , ,", "malformed-message"],
    ["rspauth", "malformed-message"],
    [`${base},qop="auth-int,auth-conf"`, "unsupported-offer"],
    [`${base},qop=""`, "unsupported-offer"],
  ])("[DIGEST-2.1.1-1] [DIGEST-2.1.1-2] %j fails", (challenge, reason) => {
    expect(answerTo(challenge)).toBe(`failure: ${reason}`);
  });

  it.each([
    base,
    `${base},qop="auth"`,
    `${base},qop="auth-int,auth,auth-conf,future"`,
    `${base},qop="AUTH"`,
    `${base},qop=auth`,
    `${base},qop="future" ,qop=" auth\t, x"`,
    `${base},stale=true,maxbuf=65536,cipher="des,3des",cipher="x"`,
    'nonce="N",algorithm=MD5-SESS',
    'NONCE="N",Algorithm=md5-sess',
    `${base},opaque="x",domain="y",foo=bar,foo="a,b=\\"c"`,
    `,, ${base.replace(",", " \t,\r\n ,")},`,
    base.replaceAll("=", " =\r\n\t"),
  ])("[DIGEST-2.1.1-2] [DIGEST-2.1.1-3] %j is answered, with nothing of what is unknown", (challenge) => {
    expect(answerTo(challenge)).toMatch(
      /^username="chris",nonce="N",nc=00000001,cnonce="C",digest-uri="imap\/mx.example.com",response=[0-9a-f]{32},qop=auth$/,
    );
  });

  it.each([
    "nonce",
    "nonce=",
    'nonce="N',
    'nonce="N" algorithm=md5-sess',
    'nonce="N\\',
    'nonce="a\0b",algorithm=md5-sess',
    'nonce="a\nb",algorithm=md5-sess',
    'nonce="a\x7fb",algorithm=md5-sess',
    'non ce="N",algorithm=md5-sess',
    'nonce="N";algorithm=md5-sess',
    'nonce="N",algorithm=md5-sess\r\n',
    "nonce=N(,algorithm=md5-sess",
    'nonce="N"x,algorithm=md5-sess',
    '="N",algorithm=md5-sess',
    "nonce=\u00e4,algorithm=md5-sess",
  ])("[DIGEST-7.1-1] %j is no list", (challenge) => {
    expect(answerTo(challenge)).toBe("failure: malformed-message");
  });

  it.each([
    ['nonce="a\\"b\\\\c\\d"', 'nonce="a\\"b\\\\cd"'],
    ['nonce="a\\\0b"', 'nonce="a\\\0b"'],
    ['nonce="a\tb,=c"', 'nonce="a\\\tb,=c"'],
    ['nonce="a\r\n b"', 'nonce="a\\\r\\\n b"'],
  ])("[DIGEST-7.1-1] [DIGEST-7.2-1] %j is unescaped and goes back as %j", (nonce, back) => {
    expect(answerTo(`${nonce},algorithm=md5-sess`)).toContain(`,${back},nc=`);
  });

  it.each([
    'nonce=N,algorithm="md5-sess",charset="utf-8",qop=auth,realm=example.com',
    "nonce=N,algorithm=md5-sess",
    'nonce="N",algorithm="md5-sess"',
    'nonce="N",algorithm=md5-sess,charset="utf-8"',
    'nonce="N",algorithm=md5-sess,qop=auth',
  ])("[DIGEST-7.2-2] %j is taken, unless `looseQuoting` is off", (challenge) => {
    expect(answerTo(challenge)).toMatch(/nonce="N",nc=00000001,/);
    expect(answerTo(challenge, { looseQuoting: false })).toBe("failure: malformed-message");
    expect(answerTo(CHALLENGE, { looseQuoting: false })).toBe(ANSWER);
  });

  it("[DIGEST-7.2-2] without `looseQuoting` every directive is as the grammar has it", () => {
    const strict = [
      ...['realm="a"', 'nonce="N"', 'qop="auth"', "stale=true", "maxbuf=65536", "charset=utf-8"],
      ...["algorithm=md5-sess", 'cipher="des"'],
    ];
    const answer = answerTo(strict.join(), { looseQuoting: false });
    expect(answer).toMatch(/^charset=utf-8,username="chris",realm="a"/);
    for (const at of strict.keys()) {
      const loose = strict.map((each, index) => (index === at ? requoted(each) : each)).join();
      expect(answerTo(loose, { looseQuoting: false })).toBe("failure: malformed-message");
      expect(answerTo(loose)).toBe(answer);
    }
  });

  it("[DIGEST-2.1.1-4] 2047 octets are read, 2048 are not; a response of 4096 octets is not built", () => {
    const challenge = (length: number) => `${base},x="`.padEnd(length - 1, "y").concat('"');
    expect(answerTo(challenge(2047))).toMatch(/^username=/);
    expect(answerTo(challenge(2048))).toBe("failure: message-too-long");
    const rest = answerTo(base)!.length - "chris".length;
    const longest = "u".repeat(4095 - rest);
    expect(answerTo(base, { authenticationIdentity: longest })).toHaveLength(4095);
    expect(answerTo(base, { authenticationIdentity: `${longest}u` })).toBe("failure: message-too-long");
  });

  it.each([
    ["", undefined, ""],
    ["", "own", ',realm="own"'],
    ['realm="",', undefined, ',realm=""'],
    ['realm="",', "own", ',realm=""'],
    ['realm="a",realm="b",', undefined, ',realm="a"'],
    ['realm="a",realm="b",', "b", ',realm="b"'],
    ['realm="a",realm="b",', "c", ',realm="a"'],
    ['realm="a,\\"b",', undefined, ',realm="a,\\"b"'],
  ])("[DIGEST-2.1.1-5] of the realms %j, with the own %j, it answers %j", (realms, realm, answered) => {
    const answer = answerTo(realms + base, realm === undefined ? {} : { realm });
    expect(answer).toMatch(/^username="chris"/);
    expect(answer?.replace(/,nonce=.*/, "")).toBe(`username="chris"${answered}`);
  });
});

describe("client: the response", () => {
  it("[DIGEST-2.1.2-3] is the arithmetic of RFC 2831 §2.1.2.1, for any values", () => {
    const value = fc.stringMatching(/^[ -~]{1,20}$/);
    fc.assert(
      fc.property(value, value, value, value, fc.option(value), (user, password, realm, nonce, authzid) => {
        const quoted = (part: string) => part.replace(/["\\]/g, "\\$&");
        const answer = answerTo(`realm="${quoted(realm)}",nonce="${quoted(nonce)}",algorithm=md5-sess`, {
          authenticationIdentity: user,
          password,
          authorizationIdentity: authzid ?? "",
        });
        const a1 = [md5(`${user}:${realm}:${password}`), `:${nonce}:C`, authzid === null ? "" : `:${authzid}`];
        const a2 = md5("AUTHENTICATE:imap/mx.example.com").toString("hex");
        const response = md5(`${md5(...a1).toString("hex")}:${nonce}:00000001:C:auth:${a2}`).toString("hex");
        expect(answer).toContain(`,response=${response},qop=auth`);
        expect(answer?.endsWith(authzid === null ? ",qop=auth" : `,authzid="${quoted(authzid)}"`)).toBe(true);
      }),
      runs,
    );
  });

  it.each([
    [{}, "imap/mx.example.com"],
    [{ serviceName: "mx.example.com" }, "imap/mx.example.com"],
    [{ service: "smtp", serviceName: "example.com" }, "smtp/mx.example.com/example.com"],
  ])("[DIGEST-2.1.2-2] %j gives the digest-uri %j", (options, uri) => {
    expect(answerTo(CHALLENGE, options)).toContain(`,digest-uri="${uri}",`);
  });

  it.each([
    [{ service: "" }, new RangeError('"service" expected letters')],
    [{ service: "pop3" }, new RangeError('"service" expected letters')],
    [{ host: "" }, new RangeError('"host" expected letters, digits, "-" and "."')],
    [{ host: "a/b" }, new RangeError('"host" expected letters, digits, "-" and "."')],
    [{ serviceName: "a b" }, new RangeError('"serviceName" expected letters, digits, "-" and "."')],
    [{ cnonce: "" }, new RangeError('"cnonce" expected printable ASCII')],
    [{ service: "2smtp" }, new RangeError('"service" expected letters')],
    [{ cnonce: "\u00e4" }, new RangeError('"cnonce" expected printable ASCII')],
    [{ cnonce: "\u00e4C" }, new RangeError('"cnonce" expected printable ASCII')],
    [{ cnonce: "C\u00e4" }, new RangeError('"cnonce" expected printable ASCII')],
    [{ authorizationIdentity: "a\0" }, new RangeError('"authorizationIdentity" expected no NUL')],
  ])("[DIGEST-2.1.2-2] %j is refused", (options, error) => {
    expect(() => digestMd5Client({ ...own, ...options })).toThrow(error);
  });

  it("[DIGEST-2.1.2-1] the cnonce has 128 random bits, drawn when it is needed", () => {
    const draw = vi.spyOn(globalThis.crypto, "getRandomValues");
    const { cnonce: _, ...without } = own;
    const cnonces = Array.from({ length: 20 }, () => {
      const client = digestMd5Client(without);
      client.start();
      return /cnonce="([0-9a-f]{32})"/.exec(sent(client.next(utf8(CHALLENGE)))!)?.[1];
    });
    expect(new Set(cnonces).size).toBe(20);
    expect(cnonces).not.toContain(undefined);
    expect(draw).toHaveBeenCalledTimes(20);
    draw.mockRestore();
  });

  it.each([
    [
      CHALLENGE,
      "j\u00fcrgen",
      "pa\u00dfwort",
      'charset=utf-8,username="j\u00c3\u00bcrgen"',
      "j\xfcrgen:example.com:pa\xdfwort",
    ],
    [
      CHALLENGE,
      "j\u00fcrgen",
      "\u03c0",
      'charset=utf-8,username="j\u00c3\u00bcrgen"',
      "j\xfcrgen:example.com:\xcf\x80",
    ],
    [CHALLENGE, "\u03c0", "\u00df", 'charset=utf-8,username="\u00cf\u0080"', "\xcf\x80:example.com:\xdf"],
    [
      CHALLENGE.replace(",charset=utf-8", ""),
      "j\u00fcrgen",
      "\u00df",
      'username="j\u00fcrgen"',
      "j\xfcrgen:example.com:\xdf",
    ],
  ])(
    "[DIGEST-2.1.2-4] to %j, %j with %j is sent and hashed by its characters",
    (challenge, user, password, start, hashed) => {
      const client = digestMd5Client({ ...own, authenticationIdentity: user, password });
      client.start();
      const step = client.next(utf8(challenge));
      const answer = toLatin1(step.type === "response" ? step.bytes : null);
      expect(answer.startsWith(start)).toBe(true);
      const key = md5(md5(latin1(hashed)), ":N:C").toString("hex");
      const a2 = md5("AUTHENTICATE:imap/mx.example.com").toString("hex");
      expect(answer).toContain(`response=${md5(`${key}:N:00000001:C:auth:${a2}`).toString("hex")},`);
    },
  );

  it.each([{ authenticationIdentity: "\u03c0" }, { password: "\u03c0" }, { realm: "\u03c0" }])(
    "[DIGEST-2.1.2-4] without charset, %j is not sent",
    (options) => {
      expect(answerTo('nonce="N",algorithm=md5-sess', options)).toBe("failure: unsupported-offer");
    },
  );

  it("an authorization identity goes as UTF-8, name and password are prepared if asked", () => {
    const challenge = 'nonce="N",algorithm=md5-sess';
    const client = digestMd5Client({ ...own, authorizationIdentity: "\u03c0\u00ad" });
    client.start();
    const step = client.next(utf8(challenge));
    expect(text(step.type === "response" ? step.bytes : null)).toContain(',authzid="\u03c0\u00ad"');
    const options = { authenticationIdentity: "ch\u00adris", password: "se\u00adcret", prepare: smallPrepare };
    expect(answerTo(CHALLENGE, options)).toBe(ANSWER);
  });
});

describe("client: the server's proof", () => {
  const end = endOf(askedOn(ANSWER));
  const proof = text(end.type === "success" ? end.data : null);
  /** A client that has answered, and waits for the proof. */
  const waiting = () => {
    const client = digestMd5Client(own);
    client.start();
    client.next(utf8(CHALLENGE));
    return client;
  };

  it("[DIGEST-2.1.3-2] the exchange is complete with it, and not before", () => {
    const client = waiting();
    expect(proof).toMatch(/^rspauth=[0-9a-f]{32}$/);
    expect(sent(client.next(utf8(proof)))).toBe("");
    expect(client.finish()).toEqual({ type: "success", serverProved: true });
    expect(waiting().finish()).toMatchObject({ type: "failure", reason: "incomplete" });
    const unasked = digestMd5Client(own);
    unasked.start();
    expect(unasked.finish()).toMatchObject({ type: "failure", reason: "incomplete" });
  });

  it.each([
    (proof: string) => proof.replace("=", '="').concat('"'),
    (proof: string) => `x=y, ${proof} ,`,
    (proof: string) => proof.replace("rspauth", "RSPAUTH"),
  ])("[DIGEST-2.1.3-2] [DIGEST-7.2-2] it may be written otherwise: %s", (write) => {
    expect(sent(waiting().next(utf8(write(proof))))).toBe("");
  });

  it.each([
    () => "",
    () => "rspauth=",
    () => 'rspauth=""',
    () => "x=y",
    (proof: string) => proof.slice(0, -1),
    (proof: string) => `${proof}0`,
    (proof: string) => `${proof},${proof}`,
    (proof: string) => proof.toUpperCase(),
    (proof: string) => proof.replace("rspauth=", ""),
    () => ANSWER.replace(/^.*response=([0-9a-f]{32}).*$/, "rspauth=$1"),
  ])("[DIGEST-2.1.3-2] it fails otherwise: %s", (write) => {
    expect(waiting().next(utf8(write(proof)))).toMatchObject({ type: "failure", reason: "server-not-proved" });
  });

  it("[DIGEST-2.1.3-2] it is read up to 2047 octets, as a challenge is, whatever the limit", () => {
    const long = (length: number) => utf8(`${proof},x="`.padEnd(length - 1, "y").concat('"'));
    expect(sent(waiting().next(long(2047)))).toBe("");
    expect(sent(waiting().next(long(2048)))).toBe("failure: message-too-long");
  });

  it("[DIGEST-7.2-2] without `looseQuoting` it is bare", () => {
    const client = (message: string) => {
      const strict = digestMd5Client({ ...own, looseQuoting: false });
      strict.start();
      strict.next(utf8(CHALLENGE));
      return sent(strict.next(utf8(message)));
    };
    expect(client(proof)).toBe("");
    expect(client(requoted(proof))).toBe("failure: server-not-proved");
  });

  it("[SASL-3-5] given twice it fails", () => {
    const client = waiting();
    client.next(utf8(proof));
    expect(sent(client.next(utf8(proof)))).toBe("failure: unexpected-challenge");
  });

  it("[SASL-6.4-2] every corruption of a single octet fails, but for the case of the directive's name", () => {
    const accepted: string[] = [];
    for (let at = 0; at < proof.length; at++) {
      for (let change = 1; change < 256; change++) {
        const corrupted = utf8(proof);
        corrupted[at]! ^= change;
        if (waiting().next(corrupted).type !== "failure") accepted.push(String.fromCharCode(corrupted[at]!));
      }
    }
    expect(accepted.join("")).toBe("RSPAUTH");
  });
});
