import { createHash } from "node:crypto";
import fc from "fast-check";
import {
  type Credentials,
  type DigestMd5ClientOptions,
  type DigestMd5ServerOptions,
  digestMd5Client,
  digestMd5Hash,
  digestMd5Server,
  pickMechanism,
  plainClient,
  type Rejection,
  type SaslServer,
  type ServerStep,
  scramClient,
  scramSha1,
} from "sasl";
import { saslprep } from "sasl/saslprep";
import { describe, expect, it, vi } from "vitest";
import { credential, octets, runs, sent, smallPrepare, text, toBase64, utf8, vectors } from "./support.ts";

const rows = vectors("digest-md5");
const row = (id: string) => rows.find((each) => each.id === id)!;
const played = rows.filter(({ outputs }) => outputs.outcome === "success");

const CHALLENGE = 'realm="example.com",nonce="N",qop="auth",algorithm=md5-sess,charset=utf-8';
const own: DigestMd5ClientOptions = {
  authenticationIdentity: "chris",
  password: "secret",
  service: "imap",
  host: "mx.example.com",
  cnonce: "C",
};

/** A directive with its value bare instead of quoted, or quoted instead of bare. */
const requoted = (directive: string) =>
  directive.includes('"') ? directive.replaceAll('"', "") : directive.replace(/=(.*)/, '="$1"');

const latin1 = (binary: string) => new Uint8Array(Buffer.from(binary, "latin1"));
const toLatin1 = (bytes: Uint8Array | null) => Buffer.from(bytes ?? []).toString("latin1");

/** What a client answers to a challenge. */
function answerTo(challenge: string | Uint8Array, options: Partial<DigestMd5ClientOptions> = {}): string | null {
  const client = digestMd5Client({ ...own, ...options });
  client.start();
  return sent(client.next(typeof challenge === "string" ? utf8(challenge) : challenge));
}

/** The answer to {@link CHALLENGE}, and one with something changed. */
const ANSWER = answerTo(CHALLENGE)!;
const changed = (from: string | RegExp, to: string) => {
  const answer = ANSWER.replace(from, to);
  expect(answer).not.toBe(ANSWER);
  return answer;
};

/** What a server says to an answer. */
function askedOn(
  answer: string | Uint8Array,
  options: DigestMd5ServerOptions = {},
): { server: SaslServer; step: ServerStep } {
  const server = digestMd5Server({ nonce: "N", realms: ["example.com"], ...options });
  server.next(null);
  return { server, step: server.next(typeof answer === "string" ? utf8(answer) : answer) };
}

/** How an exchange ends whose user has this password. */
function endOf({ server, step }: { server: SaslServer; step: ServerStep }, password = "secret"): ServerStep {
  if (step.type !== "lookup") return step;
  const end = server.provide({ password });
  return end.type === "authorize" ? server.accept() : end;
}

const md5 = (...parts: readonly (string | Uint8Array)[]) => {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

describe("vectors", () => {
  const split = (uri = "") => ({ service: uri.split("/")[0]!, host: uri.split("/")[1]! });

  it("are all run", () => {
    const others = rows.filter((each) => !played.includes(each)).map(({ id }) => id);
    expect(played).toHaveLength(9);
    expect(others).toEqual([
      "digest-md5-auth-int-hash-computed",
      ...rows.filter(({ id }) => /-(neg|lenient)-/.test(id)).map(({ id }) => id),
    ]);
  });

  it.each(played)("[DIGEST-2.1.2-1] [DIGEST-2.1.2-3] $id, client", ({ inputs, messages, outputs }) => {
    const client = digestMd5Client({
      authenticationIdentity: inputs.username!,
      password: inputs.password!,
      authorizationIdentity: inputs.authzid ?? "",
      cnonce: inputs.cnonce!,
      ...split(inputs.digestUri),
    });
    expect(sent(client.start())).toBeNull();
    const step = client.next(octets(messages![0]));
    const bytes = step.type === "response" ? step.bytes : null;
    expect(toLatin1(bytes)).toBe(toLatin1(octets(messages![1])));
    if (outputs.wireBase64) expect(toBase64(bytes)).toBe(outputs.wireBase64[1]);
    expect(client.next(octets(messages![2]))).toMatchObject({ type: "response", bytes: new Uint8Array(0) });
    expect(client.finish()).toEqual({ type: "success", serverProved: true });
  });

  it.each(played)("[DIGEST-2.1.3-1] [DIGEST-2.1.2-4] $id, server", ({ id, inputs, messages, outputs }) => {
    const server = digestMd5Server({
      nonce: inputs.nonce!,
      realms: inputs.realm === undefined ? [] : [inputs.realm],
      ...(({ service, host }) => ({ service, hosts: [host] }))(split(inputs.digestUri)),
    });
    const challenge = server.next(null);
    if (!id.includes("no-charset")) expect(challenge).toEqual({ type: "challenge", bytes: octets(messages![0]) });
    expect(server.next(octets(messages![1]))).toEqual({
      type: "lookup",
      authenticationIdentity: inputs.username,
      authorizationIdentity: inputs.authzid ?? null,
      realm: inputs.realm ?? "",
    });
    const step = server.provide({ password: inputs.password! });
    expect(step.type).toBe(inputs.authzid === undefined ? "success" : "authorize");
    expect(step.type === "authorize" ? server.accept() : step).toEqual({
      type: "success",
      authenticationIdentity: inputs.username,
      authorizationIdentity: inputs.authzid ?? inputs.username,
      data: octets(messages![2]),
    });
    const hash = digestMd5Hash({
      authenticationIdentity: inputs.username!,
      realm: inputs.realm ?? "",
      password: inputs.password!,
    });
    expect(Buffer.from(hash).toString("hex")).toBe(outputs.innerHashHex);
  });

  it("[DIGEST-6331-1] digest-md5-auth-int-hash-computed: auth-int is taken from no server and from no client", () => {
    const { messages } = row("digest-md5-auth-int-hash-computed");
    expect(answerTo(octets(messages![0]))).toBe("failure: unsupported-offer");
    expect(askedOn(octets(messages![1])).step).toMatchObject({ type: "failure", reason: "malformed-message" });
  });

  it.each(rows.filter(({ id, messages }) => id.includes("-neg-") && messages?.length === 1))(
    "[DIGEST-2.1.1-1] [DIGEST-2.1.1-2] $id",
    ({ messages }) => {
      expect(answerTo(octets(messages![0]))).toMatch(/^failure: (malformed-message|unsupported-offer)$/);
    },
  );

  it("[DIGEST-2.1.3-2] digest-md5-neg-rspauth-wrong", () => {
    const { inputs, messages } = row("digest-md5-neg-rspauth-wrong");
    const client = digestMd5Client({
      authenticationIdentity: "chris",
      password: inputs.password!,
      cnonce: inputs.cnonce!,
      // As the row's messages have it; its inputs name another service.
      service: "imap",
      host: "elwood.innosoft.com",
    });
    client.start();
    expect(sent(client.next(octets(messages![0])))).toBe(messages![1]!.text);
    expect(client.next(octets(messages![2]))).toMatchObject({ type: "failure", reason: "server-not-proved" });
  });

  it("[DIGEST-2.1.3-1] digest-md5-neg-nc-2", () => {
    const { inputs, messages } = row("digest-md5-neg-nc-2");
    expect(askedOn(octets(messages![1]), { nonce: inputs.nonce!, realms: [] }).step).toMatchObject({
      type: "failure",
      reason: "nonce-mismatch",
    });
  });

  it.each([
    ["digest-md5-lenient-lists", 'realm="x"'],
    ["digest-md5-lenient-quoted-tokens", 'realm=""'],
  ])("[DIGEST-7.1-1] [DIGEST-7.2-2] %s", (id, realm) => {
    const [challenge] = row(id).messages!;
    expect(answerTo(octets(challenge))).toMatch(
      new RegExp(`^charset=utf-8,username="chris",${realm},nonce="a",nc=00000001,.*,qop=auth$`),
    );
  });
});

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

describe("server: credentials", () => {
  const hash = digestMd5Hash({ authenticationIdentity: "chris", realm: "example.com", password: "secret" });

  it.each<[string, Credentials]>([
    ["the password", { password: "secret" }],
    ["its octets", { password: utf8("secret") }],
    ["a Buffer", { password: Buffer.from("secret") }],
    ["H(user:realm:password)", { hash }],
  ])("[DIGEST-3.9-1] the application supplies %s, which stays as it is", (_, credentials) => {
    const before = structuredClone(credentials);
    const { server } = askedOn(ANSWER);
    expect(server.provide(credentials)).toMatchObject({ type: "success", authenticationIdentity: "chris" });
    expect(askedOn(answerTo(CHALLENGE, { password: "other" })!).server.provide(credentials)).toMatchObject({
      type: "failure",
      reason: "wrong-credentials",
    });
    expect(structuredClone(credentials)).toEqual(before);
  });

  it("[DIGEST-3.9-1] the stored hash is MD5(user:realm:password), for one realm", () => {
    expect(Buffer.from(hash)).toEqual(md5("chris:example.com:secret"));
    expect(Buffer.from(digestMd5Hash({ authenticationIdentity: "j\u00fc", password: utf8("x") }))).toEqual(
      md5(latin1("j\u00fc::x")),
    );
    const other = digestMd5Hash({ authenticationIdentity: "chris", realm: "other", password: "secret" });
    expect(askedOn(ANSWER).server.provide({ hash: other })).toMatchObject({ reason: "wrong-credentials" });
    const prepared = { authenticationIdentity: "ch\u00adris", realm: "example.com", password: "se\u00adcret" };
    expect(digestMd5Hash(prepared, { prepare: smallPrepare })).toEqual(hash);
  });

  it("[DIGEST-3.9-1] what is stored is prepared as a stored string, what is sent as a query", () => {
    const prepare = vi.fn((value: string, _use: "query" | "stored") => value);
    digestMd5Hash({ authenticationIdentity: "chris", realm: "example.com", password: "secret" }, { prepare });
    const { server } = askedOn(ANSWER, { prepare });
    server.provide({ password: "secret" });
    expect(prepare.mock.calls).toEqual([
      ["chris", "stored"],
      ["secret", "stored"],
      ["chris", "query"],
      ["secret", "stored"],
    ]);
  });

  it("[DIGEST-3.9-1] [SASL-3.6-1] an unknown user gets the same text and costs the same computation", () => {
    const words = vi.spyOn(DataView.prototype, "getUint32");
    const cost = (answer: Credentials | null | Rejection) => {
      const { server } = askedOn(answerTo(CHALLENGE, { password: "other" })!);
      words.mockClear();
      const step = typeof answer === "string" ? server.reject(answer) : server.provide(answer);
      return { words: words.mock.calls.length, text: step.type === "failure" && step.text };
    };
    const unknown = cost(null);
    expect(unknown.words).toBeGreaterThan(0);
    expect(cost({ password: "secret" })).toEqual(unknown);
    expect(cost({ hash })).toEqual(unknown);
    expect(cost("unknown-user")).toEqual(unknown);
    expect(cost("wrong-credentials")).toEqual(unknown);
    words.mockRestore();
  });

  it("[SASL-3.6-1] an unknown user fails even with the stand-in password", () => {
    const { server } = askedOn(ANSWER);
    expect(server.provide(null)).toMatchObject({ type: "failure", reason: "unknown-user" });
  });

  it("credentials that are none are refused, and change nothing", () => {
    const { server } = askedOn(ANSWER);
    const wrong: readonly [unknown, Error][] = [
      ["secret", new TypeError('"credentials" expected an object, or null, got string')],
      [{}, new TypeError('"hash" expected a Uint8Array, got undefined')],
      [{ contexts: new Uint8Array(32) }, new TypeError('"hash" expected a Uint8Array, got undefined')],
      [{ hash: new Uint8Array(15) }, new RangeError('"hash" expected 16 octets')],
      [{ password: "" }, new RangeError('"password" expected a non-empty string')],
      [{ password: new Uint8Array(0) }, new RangeError('"password" expected at least one octet')],
    ];
    for (const [credentials, error] of wrong) {
      // @ts-expect-error no credentials
      expect(() => server.provide(credentials)).toThrow(error);
    }
    expect(server.provide({ password: "secret" }).type).toBe("success");
  });

  it("[DIGEST-2.1.3-1] whom the client acts as is asked once it has proved who it is, and rspauth goes with the success", () => {
    const answer = answerTo(CHALLENGE, { authorizationIdentity: "root" })!;
    const asked = askedOn(answer);
    expect(asked.step).toMatchObject({ type: "lookup", authorizationIdentity: "root" });
    expect(asked.server.provide({ password: "secret" })).toEqual({
      type: "authorize",
      authenticationIdentity: "chris",
      authorizationIdentity: "root",
    });
    expect(asked.server.accept()).toMatchObject({
      type: "success",
      authorizationIdentity: "root",
      data: expect.any(Uint8Array),
    });
    const refused = askedOn(answer);
    refused.server.provide({ password: "secret" });
    expect(refused.server.reject("not-authorized")).toMatchObject({ type: "failure", reason: "not-authorized" });
    expect(askedOn(answer).server.provide({ password: "other" })).toMatchObject({ reason: "wrong-credentials" });
  });

  it("[DIGEST-2.1.3-1] whom the client acts as is not asked where it is the client itself", () => {
    const { server } = askedOn(answerTo(CHALLENGE, { authorizationIdentity: "chris" })!);
    expect(server.provide({ password: "secret" })).toMatchObject({ type: "success", authorizationIdentity: "chris" });
  });
});

describe("both sides", () => {
  it("[DIGEST-2.1.2-4] [DIGEST-7.2-1] agree on any names, passwords and realms", () => {
    const realm = fc.oneof(fc.constant(""), credential);
    fc.assert(
      fc.property(
        credential,
        credential,
        fc.option(credential),
        fc.array(realm, { maxLength: 3 }),
        fc.option(realm),
        (authenticationIdentity, password, other, realms, preferred) => {
          const client = digestMd5Client({
            authenticationIdentity,
            password,
            authorizationIdentity: other ?? "",
            service: "pop",
            host: "mx",
            ...(preferred === null ? {} : { realm: preferred }),
          });
          const server = digestMd5Server({ realms, service: "pop", hosts: ["mx"] });
          client.start();
          const challenge = server.next(null);
          const response = client.next(challenge.type === "challenge" ? challenge.bytes : new Uint8Array(0));
          const step = server.next(response.type === "response" ? response.bytes! : new Uint8Array(0));
          const chosen = realms.length === 0 ? (preferred ?? "") : realms.includes(preferred!) ? preferred : realms[0];
          expect(step).toEqual({
            type: "lookup",
            authenticationIdentity,
            authorizationIdentity: other,
            realm: chosen,
          });
          const hash = digestMd5Hash({ authenticationIdentity, realm: chosen!, password });
          const end = server.provide({ hash });
          const success = end.type === "authorize" ? server.accept() : end;
          expect(success).toMatchObject({ type: "success", authorizationIdentity: other ?? authenticationIdentity });
          client.next(success.type === "success" ? success.data! : new Uint8Array(0));
          expect(client.finish()).toEqual({ type: "success", serverProved: true });
        },
      ),
      runs,
    );
  });

  it("[SASL-6.4-2] every corruption of a single octet of the answer fails closed: it succeeds for the same user, or not at all", () => {
    const answer = utf8(answerTo(CHALLENGE, { authorizationIdentity: "root" })!);
    const accepted: string[] = [];
    for (let at = 0; at < answer.length; at++) {
      for (let change = 1; change < 256; change++) {
        const corrupted = answer.slice();
        corrupted[at]! ^= change;
        const asked = askedOn(corrupted);
        const isKnown = asked.step.type === "lookup" && asked.step.authenticationIdentity === "chris";
        const end = asked.step.type === "lookup" && !isKnown ? asked.server.provide(null) : endOf(asked);
        if (end.type === "failure") continue;
        expect(end).toMatchObject({ authenticationIdentity: "chris", authorizationIdentity: "root" });
        accepted.push(toLatin1(corrupted));
      }
    }
    // What still succeeds: names of directives in another case, and charset or qop under another name.
    const original = text(answer);
    const isHarmless = (other: string) =>
      other.toLowerCase() === original.toLowerCase() ||
      /^(?!charset),?[^,]+=utf-8,/i.test(other) ||
      /,(?!qop=)[^,]+=auth,authzid="root"$/i.test(other);
    expect(accepted.filter((other) => !isHarmless(other))).toEqual([]);
  });

  it("[SASL-6.4-2] every corruption of a single octet of the challenge fails closed", () => {
    const challenge = utf8(CHALLENGE);
    for (let at = 0; at < challenge.length; at++) {
      for (let change = 1; change < 256; change += 7) {
        const corrupted = challenge.slice();
        corrupted[at]! ^= change;
        const client = digestMd5Client(own);
        client.start();
        const step = client.next(corrupted);
        if (step.type === "failure") continue;
        const end = endOf(askedOn(step.bytes!));
        if (end.type === "failure") continue;
        expect(end).toMatchObject({ authenticationIdentity: "chris", authorizationIdentity: "chris" });
        expect(client.next(end.type === "success" ? end.data! : new Uint8Array(0)).type).toBe("response");
      }
    }
  });

  it("[DIGEST-6331-1] are marked as proving the server, with no security layer", () => {
    for (const { traits } of [digestMd5Client(own), digestMd5Server()]) {
      expect(traits).toMatchObject({ provesServer: true, negotiatesSecurityLayer: false, revealsPassword: false });
    }
  });

  it("[DIGEST-6331-1] are picked only if the client is a candidate, and after SCRAM", () => {
    const digest = digestMd5Client(own);
    const scram = scramClient(scramSha1, { ...own, channelBinding: null });
    const plain = plainClient(own);
    const offered = ["DIGEST-MD5", "SCRAM-SHA-1"];
    expect(pickMechanism(offered, [plain], { tls: true }).mechanism).toBeNull();
    expect(pickMechanism(offered, [digest, scram], { tls: false }).mechanism).toBe(scram);
    expect(pickMechanism(["DIGEST-MD5"], [digest, scram], { tls: false }).mechanism).toBe(digest);
  });
});
