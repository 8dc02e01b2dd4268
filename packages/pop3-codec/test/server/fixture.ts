/**
 * The legal order of commands, transcribed by hand from RFC 1939 §3 to §7, RFC 2449 §5, RFC 2595 §4, RFC 5034 §4 and
 * RFC 6856 §2 and §3; "-" is -ERR.
 */
const FIXTURE = `
  verb  authorization  name           transaction
  USER  name           -              -
  PASS  -              transaction    -
  APOP  transaction    -              -
  AUTH  sasl           sasl           -
  STLS  tls            tls            -
  UTF8  authorization  authorization  -
  CAPA  authorization  authorization  transaction
  LANG  authorization  authorization  transaction
  QUIT  closed         closed         closed
  STAT  -              -              transaction
  LIST  -              -              transaction
  UIDL  -              -              transaction
  RETR  -              -              transaction
  TOP   -              -              transaction
  DELE  -              -              transaction
  NOOP  -              -              transaction
  RSET  -              -              transaction`;

const [, ...lines] = FIXTURE.trim().split("\n");

/** Verb, and what it leads to in each state. */
export const rows: readonly (readonly string[])[] = lines.map((line) => line.trim().split(/ +/));

/** What a verb leads to in a state, or "-". */
export function cell(verb: string, state: "authorization" | "name" | "transaction"): string {
  const [, authorization, name, transaction] = rows.find(([of]) => of === verb) ?? [];
  return { authorization, name, transaction }[state] ?? "-";
}
