/**
 * Lists of directives, of which DIGEST-MD5's messages consist (RFC 2831 §7): `realm="example.com",qop="auth"`. Texts
 * have one character an octet, since a directive says how others are encoded.
 */

/** One directive's value, without its quotes and quoted pairs. */
export interface DirectiveValue {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** The values of each directive, in their order, by the directive's name in lower case. */
export type Directives = ReadonlyMap<string, readonly DirectiveValue[]>;

// Every alternative begins with another character, so that nothing is read twice.
const LWS = "(?:[ \\t]|\\r\\n[ \\t])*";
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = '"((?:[^\\0-\\x1f\\x7f"\\\\]|\\t|\\r\\n[ \\t]|\\\\[\\0-\\x7f])*)"';
const NULL_ELEMENTS = new RegExp(`${LWS}(?:,${LWS})*`, "y");
const DIRECTIVE = new RegExp(`(${TOKEN})${LWS}=${LWS}(?:(${TOKEN})|${QUOTED})${LWS}(?=,|$)`, "y");

/**
 * Reads a list; null if it is none.
 *
 * ```abnf
 * list          = 1#( token "=" ( token / quoted-string ) )   ; RFC 2831 §7.1: null elements and LWS between words
 * quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE     ; §7.2
 * quoted-pair   = "\" CHAR
 * ```
 */
export function parseDirectives(text: string): Directives | null {
  const directives = new Map<string, DirectiveValue[]>();
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    at += found?.[0].length ?? 0;
    return found;
  };
  for (match(NULL_ELEMENTS); at < text.length; match(NULL_ELEMENTS)) {
    const found = match(DIRECTIVE);
    if (found === null) return null;
    const [, name, token, quoted] = found;
    const value = { text: token ?? quoted!.replace(/\\(.)/gs, "$1"), isQuoted: token === undefined };
    const key = name!.toLowerCase();
    const values = directives.get(key);
    if (values === undefined) directives.set(key, [value]);
    else values.push(value);
  }
  return directives;
}

/** A quoted string; what cannot stand in one as it is, becomes a quoted pair. */
export function quote(text: string): string {
  return `"${text.replace(/["\\\0-\x1f\x7f]/g, "\\$&")}"`;
}
