/** The messages of DIGEST-MD5 (RFC 2831 §2.1), as far as qop=auth needs them. Texts have one character an octet. */
import { toBinary } from "../octets.ts";
import { parseDirectives, quote } from "../text/directives.ts";

/** A challenge has fewer octets than this, and a response fewer than that (RFC 2831 §2.1.1, §2.1.2). */
export const CHALLENGE_LIMIT = 2048;
export const RESPONSE_LIMIT = 4096;

/** How a directive's value is written, and how often the directive may be there. */
type Rule = readonly [form: "token" | "quoted", count: "one" | "optional" | "any"];
type Rules = Readonly<Record<string, Rule>>;

const CHALLENGE: Rules = {
  realm: ["quoted", "any"],
  nonce: ["quoted", "one"],
  qop: ["quoted", "any"],
  stale: ["token", "optional"],
  maxbuf: ["token", "optional"],
  charset: ["token", "optional"],
  algorithm: ["token", "one"],
  cipher: ["quoted", "any"],
};

const RESPONSE: Rules = {
  charset: ["token", "optional"],
  username: ["quoted", "one"],
  realm: ["quoted", "optional"],
  nonce: ["quoted", "one"],
  nc: ["token", "one"],
  cnonce: ["quoted", "one"],
  "digest-uri": ["quoted", "one"],
  response: ["token", "one"],
  qop: ["token", "optional"],
  authzid: ["quoted", "optional"],
  maxbuf: ["token", "optional"],
  cipher: ["token", "optional"],
};

const RESPONSE_AUTH: Rules = { rspauth: ["token", "one"] };

/**
 * The values of the directives; what no rule is for is there too, and means nothing. Null: no list, or against the rules, of
 * which one is that `charset` is `utf-8` (RFC 2831 §2.1.1).
 */
function read(message: Uint8Array, rules: Rules, looseQuoting: boolean): ReadonlyMap<string, readonly string[]> | null {
  const directives = parseDirectives(toBinary(message));
  if (directives === null) return null;
  for (const [name, [form, count]] of Object.entries(rules)) {
    const values = directives.get(name) ?? [];
    if (count !== "any" && values.length > 1) return null;
    if (count === "one" && !values[0]?.text) return null;
    if (!looseQuoting && values.some(({ isQuoted }) => isQuoted !== (form === "quoted"))) return null;
  }
  const texts = new Map([...directives].map(([name, values]) => [name, values.map(({ text }) => text)]));
  const charset = "charset" in rules ? texts.get("charset")?.[0] : undefined;
  return charset === undefined || charset.toLowerCase() === "utf-8" ? texts : null;
}

/** The list that {@link read} reads. */
function format(directives: Iterable<readonly [name: string, text: string]>, rules: Rules): string {
  return Array.from(
    directives,
    ([name, text]) => `${name}=${rules[name]![0] === "quoted" ? quote(text) : text}`,
  ).join();
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
  const qops = texts("qop").flatMap((list) => list.toLowerCase().split(/[\s,]+/));
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
 * `digest-response` (RFC 2831 §2.1.2) with qop=auth, which is there in the case that it was sent in, since it is hashed, and
 * also where it was left out. Null: malformed, or another qop.
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
  return read(message, RESPONSE_AUTH, looseQuoting)?.get("rspauth")?.[0] ?? null;
}
