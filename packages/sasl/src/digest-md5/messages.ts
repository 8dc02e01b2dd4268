/** The messages of DIGEST-MD5 (RFC 2831 §2.1), as far as qop=auth needs them. Texts have one character an octet. */
import { toBinary } from "../octets.ts";
import { parseDirectives, quote } from "../text/directives.ts";

/**
 * A challenge has fewer octets than this, and a response fewer than that (RFC 2831 §2.1.1, §2.1.2). Nor is more read of
 * the server's proof, of which the RFC does not say it.
 */
export const CHALLENGE_LIMIT = 2048;
export const RESPONSE_LIMIT = 4096;

/** How a directive's value is written, and how often the directive may be there; what must be there is not empty. */
type Rule = readonly [isQuoted: boolean, least: 0 | 1, most: number];
type Rules = Readonly<Record<string, Rule>>;

const CHALLENGE: Rules = {
  realm: [true, 0, Infinity],
  nonce: [true, 1, 1],
  qop: [true, 0, Infinity],
  stale: [false, 0, 1],
  maxbuf: [false, 0, 1],
  charset: [false, 0, 1],
  algorithm: [false, 1, 1],
  cipher: [true, 0, Infinity],
};

const RESPONSE: Rules = {
  charset: [false, 0, 1],
  username: [true, 1, 1],
  realm: [true, 0, 1],
  nonce: [true, 1, 1],
  nc: [false, 1, 1],
  cnonce: [true, 1, 1],
  "digest-uri": [true, 1, 1],
  response: [false, 1, 1],
  qop: [false, 0, 1],
  authzid: [true, 0, 1],
  maxbuf: [false, 0, 1],
  cipher: [false, 0, 1],
};

const RESPONSE_AUTH: Rules = { rspauth: [false, 1, 1] };

/**
 * The values of the directives; what no rule is for is there too, and means nothing. Null: no list, or against the
 * rules, of which one is that `charset` is `utf-8` (RFC 2831 §2.1.1).
 */
function read(message: Uint8Array, rules: Rules, looseQuoting: boolean): ReadonlyMap<string, readonly string[]> | null {
  const directives = parseDirectives(toBinary(message));
  if (directives === null) return null;
  for (const [name, [isQuoted, least, most]] of Object.entries(rules)) {
    const values = directives.get(name) ?? [];
    if (values.length > most || (least > 0 && !values[0]?.text)) return null;
    if (!looseQuoting && values.some((value) => value.isQuoted !== isQuoted)) return null;
  }
  const texts = new Map([...directives].map(([name, values]) => [name, values.map(({ text }) => text)]));
  const charset = "charset" in rules ? texts.get("charset")?.[0] : undefined;
  return charset === undefined || charset.toLowerCase() === "utf-8" ? texts : null;
}

/** The list that {@link read} reads. */
function format(directives: Iterable<readonly [name: string, text: string]>, rules: Rules): string {
  return Array.from(directives, ([name, text]) => `${name}=${rules[name]![0] ? quote(text) : text}`).join();
}

/** What a server offers. */
export interface DigestChallenge {
  readonly realms: readonly string[];
  readonly nonce: string;
  /** Whether qop=auth and algorithm=md5-sess are among what it offers. */
  readonly isUsable: boolean;
  readonly isUtf8: boolean;
}

/** `digest-challenge` (RFC 2831 §2.1.1). A challenge without qop offers `auth`. Null: malformed. */
export function readChallenge(message: Uint8Array, looseQuoting: boolean): DigestChallenge | null {
  const directives = read(message, CHALLENGE, looseQuoting);
  if (directives === null) return null;
  const texts = (name: string): readonly string[] => directives.get(name) ?? [];
  const qops = texts("qop").flatMap((list) => list.toLowerCase().split(/[\s,]/));
  const hasAuth = qops.length === 0 || qops.includes("auth");
  return {
    realms: texts("realm"),
    nonce: texts("nonce")[0]!,
    isUsable: hasAuth && texts("algorithm")[0]!.toLowerCase() === "md5-sess",
    isUtf8: directives.has("charset"),
  };
}

export function formatChallenge(realms: readonly string[], nonce: string): string {
  return format(
    [
      ...realms.map((realm) => ["realm", realm] as const),
      ["nonce", nonce],
      ["qop", "auth"],
      ["algorithm", "md5-sess"],
      ["charset", "utf-8"],
    ],
    CHALLENGE,
  );
}

/** What a client answers: the values of its directives by their names, of each the first. */
export type DigestResponse = ReadonlyMap<string, string>;

/**
 * `digest-response` (RFC 2831 §2.1.2) with qop=auth, which is there in the case that it was sent in, since it is
 * hashed, and also where it was left out. Null: malformed, or another qop.
 */
export function readResponse(message: Uint8Array, looseQuoting: boolean): DigestResponse | null {
  const directives = read(message, RESPONSE, looseQuoting);
  if (directives === null) return null;
  const answer = new Map([["qop", "auth"]]);
  for (const [name, [first]] of directives) answer.set(name, first!);
  const isRight =
    /^[0-9a-f]{32}$/.test(answer.get("response")!) &&
    answer.get("qop")!.toLowerCase() === "auth" &&
    answer.get("authzid") !== "";
  return isRight ? answer : null;
}

export function formatResponse(answer: DigestResponse): string {
  return format(answer, RESPONSE);
}

/** The value of `response-auth` (RFC 2831 §2.1.3), or null. */
export function readResponseAuth(message: Uint8Array, looseQuoting: boolean): string | null {
  const directives = read(message, RESPONSE_AUTH, looseQuoting);
  return directives && directives.get("rspauth")![0]!;
}
