/**
 * The legal order of commands as RFC 1939 §4 to §7, RFC 2449 §5, RFC 2595 §4, RFC 5034 §4 and RFC 6856 §2.1 and §3 have
 * it, by hand: what each command leads to from where it is legal. "busy": what is legal next depends on the response.
 */
const BEFORE_LOGIN = { authorization: "busy", name: "busy" };
const IN_MAILDROP = { transaction: "transaction" };
const IN_BOTH = { authorization: "authorization", name: "authorization", transaction: "transaction" };

export const LEGAL_ORDER: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // Only directly behind USER, and USER not twice (RFC 1939 §7).
  USER: { authorization: "name" },
  PASS: { name: "busy" },
  APOP: { authorization: "busy" },
  AUTH: BEFORE_LOGIN,
  STLS: BEFORE_LOGIN,
  UTF8: { authorization: "authorization", name: "authorization" },
  CAPA: IN_BOTH,
  LANG: IN_BOTH,
  QUIT: { authorization: "closed", name: "closed", transaction: "closed" },
  STAT: IN_MAILDROP,
  LIST: IN_MAILDROP,
  UIDL: IN_MAILDROP,
  RETR: IN_MAILDROP,
  TOP: IN_MAILDROP,
  DELE: IN_MAILDROP,
  NOOP: IN_MAILDROP,
  RSET: IN_MAILDROP,
};
