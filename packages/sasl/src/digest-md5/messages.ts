/** The messages of DIGEST-MD5 (RFC 2831 §2.1), as far as qop=auth needs them. Texts have one character an octet. */
import { toBinary } from "../octets.ts";
import { type Directives, parseDirectives, quote } from "../text/directives.ts";

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
  username: ["quoted", "one"],
  realm: ["quoted", "optional"],
  nonce: ["quoted", "one"],
  cnonce: ["quoted", "one"],
  nc: ["token", "one"],
  qop: ["token", "optional"],
  "digest-uri": ["quoted", "one"],
  response: ["token", "one"],
  maxbuf: ["token", "optional"],
  charset: ["token", "optional"],
  cipher: ["token", "optional"],
  authzid: ["quoted", "optional"],
};

const RESPONSE_AUTH: Rules = { rspauth: ["token", "one"] };

/** The directives that rules are for; the others are ignored. Null: no list, or against the rules. */
function read(message: Uint8Array, rules: Rules, looseQuoting: boolean): Directives | null {
  const directives = parseDirectives(toBinary(message));
  if (directives === null) return null;
  for (const [name, [form, count]] of Object.entries(rules)) {
    const values = directives.get(name) ?? [];
    if (count !== "any" && values.length > 1) return null;
    if (count === "one" && !values[0]?.text) return null;
    if (!looseQuoting && values.some(({ isQuoted }) => isQuoted !== (form === "quoted"))) return null;
  }
  return directives;
}

function first(directives: Directives, name: string): string | null {
  return directives.get(name)?.[0]?.text ?? null;
}

/** Null: neither there nor what it must be. */
function readCharset(directives: Directives): { readonly isUtf8: boolean } | null {
  const charset = first(directives, "charset");
  if (charset !== null && charset.toLowerCase() !== "utf-8") return null;
  return { isUtf8: charset !== null };
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
  const charset = directives && readCharset(directives);
  if (!directives || !charset) return null;
  const texts = (name: string) => directives.get(name)?.map(({ text }) => text) ?? [];
  const qops = texts("qop").flatMap((list) => list.toLowerCase().split(/[\s,]+/));
  const hasAuth = qops.length === 0 || qops.includes("auth");
  return {
    realms: texts("realm"),
    nonce: first(directives, "nonce")!,
    isUsable: hasAuth && first(directives, "algorithm")!.toLowerCase() === "md5-sess",
    isUtf8: charset.isUtf8,
  };
}

export function formatChallenge(realms: readonly string[], nonce: string): string {
  const offered = realms.map((realm) => `realm=${quote(realm)},`).join("");
  return `${offered}nonce=${quote(nonce)},qop="auth",algorithm=md5-sess,charset=utf-8`;
}

/** What a client answers. */
export interface DigestResponse {
  readonly username: string;
  /** Null: the directive is not there. */
  readonly realm: string | null;
  readonly nonce: string;
  readonly cnonce: string;
  readonly nc: string;
  /** In the case that it was sent in, which is hashed; `"auth"` if the directive is not there. */
  readonly qop: string;
  readonly digestUri: string;
  readonly response: string;
  readonly isUtf8: boolean;
  /** Null: the directive is not there. */
  readonly authzid: string | null;
}

/** `digest-response` (RFC 2831 §2.1.2) with qop=auth. Null: malformed, or another qop. */
export function readResponse(message: Uint8Array, looseQuoting: boolean): DigestResponse | null {
  const directives = read(message, RESPONSE, looseQuoting);
  const charset = directives && readCharset(directives);
  if (!directives || !charset) return null;
  const text = (name: string) => first(directives, name)!;
  const response = text("response");
  const qop = first(directives, "qop") ?? "auth";
  const authzid = first(directives, "authzid");
  if (!/^[0-9a-f]{32}$/.test(response) || qop.toLowerCase() !== "auth" || authzid === "") return null;
  return {
    username: text("username"),
    realm: first(directives, "realm"),
    nonce: text("nonce"),
    cnonce: text("cnonce"),
    nc: text("nc"),
    qop,
    digestUri: text("digest-uri"),
    response,
    isUtf8: charset.isUtf8,
    authzid,
  };
}

export function formatResponse(answer: DigestResponse): string {
  const { username, realm, nonce, nc, cnonce, digestUri, response, qop, isUtf8, authzid } = answer;
  return [
    ...(isUtf8 ? ["charset=utf-8"] : []),
    `username=${quote(username)}`,
    ...(realm === null ? [] : [`realm=${quote(realm)}`]),
    `nonce=${quote(nonce)}`,
    `nc=${nc}`,
    `cnonce=${quote(cnonce)}`,
    `digest-uri=${quote(digestUri)}`,
    `response=${response}`,
    `qop=${qop}`,
    ...(authzid === null ? [] : [`authzid=${quote(authzid)}`]),
  ].join(",");
}

/** The value of `response-auth` (RFC 2831 §2.1.3), or null. */
export function readResponseAuth(message: Uint8Array, looseQuoting: boolean): string | null {
  const directives = read(message, RESPONSE_AUTH, looseQuoting);
  return directives && first(directives, "rspauth");
}
