import type { Pop3ClientEvent } from "pop3-codec";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Command, cuttings, echo, login, nothing, play } from "./support.ts";

const DIGEST = "c4c9334bac560ecc979e58001b3e22fb";
const auth: Command = (s) => s.auth(echo("all"), { force: true });
const apop: Command = (s) => s.apop("tim", DIGEST);

/** What the event of a login's command says, by what the server answers to it; `capa` is the list asked for before. */
function failure(capa: string, command: Command, answers: string, type: string): unknown[] {
  const input = octets(`+OK <a@b>\r\n${capa}${answers}`);
  const found = cuttings(input).map((chunks) => {
    const { events } = play(chunks, [(s) => s.capa(), command, nothing]);
    const event = events.find((each) => each.type === type) as Pop3ClientEvent & { type: "pass" };
    return [event.failure, event.response?.code ?? null, event.codeUnannounced];
  });
  for (const each of found) expect(each).toEqual(found[0]);
  return found[0]!;
}

const UNKNOWN = "-ERR\r\n";
const CODES = "+OK\r\nRESP-CODES\r\n.\r\n";
const AUTH_CODES = "+OK\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n.\r\n";

describe("why a login failed", () => {
  it.each<readonly [string, string, Command, string, string, unknown[]]>([
    [
      "[PRC-3206.5-1] AUTH to PASS",
      CODES,
      login,
      "+OK\r\n-ERR [AUTH] no\r\n",
      "pass",
      ["credentials-refused", "AUTH", false],
    ],
    ["[PRC-3206.5-1] AUTH to APOP", CODES, apop, "-ERR [AUTH] no\r\n", "apop", ["credentials-refused", "AUTH", false]],
    ["[PRC-3206.5-1] AUTH to AUTH", CODES, auth, "-ERR [auth]\r\n", "auth", ["credentials-refused", "AUTH", false]],
    [
      "[PRC-3206.5-1] AUTH to USER",
      CODES,
      login,
      "-ERR [AUTH] who?\r\n",
      "user",
      ["credentials-refused", "AUTH", false],
    ],
    [
      "[PRC-2449.8.1.2-1] IN-USE to PASS",
      CODES,
      login,
      "+OK\r\n-ERR [IN-USE]\r\n",
      "pass",
      ["try-later", "IN-USE", false],
    ],
    ["[PRC-2449.8.1.2-1] IN-USE to APOP", CODES, apop, "-ERR [in-use] x\r\n", "apop", ["try-later", "IN-USE", false]],
    [
      "[PRC-2449.8.1.2-1] IN-USE to USER says nothing",
      CODES,
      login,
      "-ERR [IN-USE]\r\n",
      "user",
      ["unknown", "IN-USE", false],
    ],
    ["LOGIN-DELAY", CODES, login, "+OK\r\n-ERR [LOGIN-DELAY] 9\r\n", "pass", ["try-later", "LOGIN-DELAY", false]],
    ["[PRC-3206.4-1] SYS/TEMP", CODES, login, "+OK\r\n-ERR [SYS/TEMP]\r\n", "pass", ["temporary", "SYS/TEMP", false]],
    ["[PRC-3206.4-1] SYS/PERM", CODES, apop, "-ERR [SYS/PERM]\r\n", "apop", ["permanent", "SYS/PERM", false]],
    [
      "[PRC-2449.8-2] levels below SYS/TEMP",
      CODES,
      apop,
      "-ERR [SYS/TEMP/DISK]\r\n",
      "apop",
      ["temporary", "SYS/TEMP/DISK", false],
    ],
    [
      "[PRC-2449.8-2] SYS with an unknown level",
      CODES,
      apop,
      "-ERR [SYS/FOO]\r\n",
      "apop",
      ["not-the-credentials", "SYS/FOO", false],
    ],
    ["[PRC-2449.8-2] an unknown code", CODES, apop, "-ERR [FOO/AUTH]\r\n", "apop", ["unknown", "FOO/AUTH", false]],
    [
      "[PRC-3206.6-2] no code, where AUTH would be one",
      AUTH_CODES,
      apop,
      "-ERR\r\n",
      "apop",
      ["not-the-credentials", null, false],
    ],
    ["[PRC-3206.6-2] no code, where none is announced", CODES, apop, "-ERR\r\n", "apop", ["unknown", null, false]],
    ["a code that is of no login", CODES, apop, "-ERR [UTF8]\r\n", "apop", ["unknown", "UTF8", false]],
    [
      "[PRC-2449.8-5] a code that is not announced",
      UNKNOWN,
      apop,
      "-ERR [AUTH]\r\n",
      "apop",
      ["credentials-refused", "AUTH", true],
    ],
    [
      "[PRC-2449.8-5] in a list without it",
      "+OK\r\n.\r\n",
      apop,
      "-ERR [AUTH]\r\n",
      "apop",
      ["credentials-refused", "AUTH", true],
    ],
    ["[PRC-2449.8-4] a code that is none", UNKNOWN, apop, "-ERR no [IN-USE]\r\n", "apop", ["unknown", null, false]],
    ["a response that could not be read", CODES, apop, "-ERR a\0\r\n", "apop", ["unknown", null, false]],
    ["success", CODES, apop, "+OK [X] \r\n", "apop", [null, "X", false]],
  ])("%s", (_, capa, command, answers, type, expected) => {
    expect(failure(capa, command, answers, type)).toEqual(expected);
  });

  it("[POP3-4-5] after a failed login another is possible, by any method, or QUIT", () => {
    const failed: Command[] = [login, nothing, apop, auth, login, nothing, (s) => s.quit()];
    const { output } = play("+OK <a@b>\r\n+OK\r\n-ERR\r\n-ERR\r\n+ \r\n-ERR\r\n+OK\r\n-ERR\r\n", failed);
    expect(output).toBe(
      `USER tim\r\nPASS tanstaaf\r\nAPOP tim ${DIGEST}\r\nAUTH ECHO\r\nYWxs\r\nUSER tim\r\nPASS tanstaaf\r\nQUIT\r\n`,
    );
  });
});
