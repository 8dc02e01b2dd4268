import { type ServerVerb, serverTable } from "pop3-codec";
import { describe, expect, it } from "vitest";

describe("the transition table", () => {
  // Transcribed from RFC 1939 §3 to §7, RFC 2449 §5, RFC 2595 §4, RFC 5034 §4 and RFC 6856 §2 and §3; "-" is -ERR.
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
  const [, ...rows] = FIXTURE.trim()
    .split("\n")
    .map((row) => row.trim().split(/ +/));

  it("is the one that the RFCs have", () => {
    const table = rows.map(([verb]) => {
      const { authorization, name, transaction } = serverTable[verb as ServerVerb];
      return [verb, authorization ?? "-", name ?? "-", transaction ?? "-"];
    });
    expect(table).toEqual(rows);
    expect(Object.keys(serverTable)).toHaveLength(rows.length);
  });
});
