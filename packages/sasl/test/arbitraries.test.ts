/** Clients against servers, on exchanges of every mechanism, whole and corrupted. */
import fc from "fast-check";
import {
  type Corruption,
  corrupt,
  corruptedExchanges,
  type Exchange,
  exchanges,
  mechanismNames,
  runExchange,
} from "sasl/arbitraries";
import { describe, expect, it } from "vitest";
import { mechanisms, runs } from "./support.ts";

/** How an exchange ended, in a word: who was let in, or that nobody was. */
function outcome(
  exchange: Exchange,
  ...rest: readonly [tamper?: (bytes: Uint8Array, at: number) => Uint8Array, carries?: boolean]
) {
  const end = runExchange(exchange, ...rest);
  if (end.client?.type !== "success" || end.server?.type !== "success") return "closed";
  const { authenticationIdentity, authorizationIdentity } = end.server;
  return [authenticationIdentity, authorizationIdentity, end.client.serverProved];
}
const right = ({ authenticationIdentity, authorizationIdentity, client }: Exchange) => [
  authenticationIdentity,
  authorizationIdentity ?? authenticationIdentity,
  client().traits.provesServer,
];

/**
 * Where a corrupted message can still mean what it meant: LOGIN's clients answer whatever the server asks with, and in
 * the others there is white space, letters in any case, and what has to be ignored.
 */
const TOLERANT: Readonly<Record<string, (index: number) => boolean>> = {
  LOGIN: (index) => index % 2 === 0,
  "DIGEST-MD5": () => true,
  OAUTHBEARER: () => true,
  XOAUTH2: () => true,
};

it("there are exchanges of every mechanism", () => {
  expect([...mechanismNames].sort()).toEqual(mechanisms.map(({ name }) => name).sort());
});

it.each(["NONE", "constructor", "plain"])(
  "exchanges of a mechanism that there is not, %s, are refused at once",
  (name) => {
    for (const make of [exchanges, corruptedExchanges]) {
      expect(() => make({ mechanisms: ["PLAIN", name] })).toThrow(/^"mechanisms" expected some of PLAIN, /);
      expect(() => make({ mechanisms: [] })).toThrow(RangeError);
    }
  },
);

describe.each(mechanismNames)("%s", (name) => {
  const ofIt = { mechanisms: [name] };

  it("[SASL-3-1] client and server agree, whatever the exchange is made of", () => {
    fc.assert(
      fc.property(exchanges(ofIt), fc.boolean(), (exchange, carried) => {
        expect(exchange.mechanism).toBe(name);
        expect(outcome(exchange, undefined, carried)).toEqual(right(exchange));
        expect(runExchange(exchange).messages).toHaveLength(exchange.messages);
        expect(exchange.answer(exchange.server(), { type: "failure", reason: "incomplete", text: "" }).type).toBe(
          "failure",
        );
      }),
      runs,
    );
  });

  it("[SASL-6.4-1] a corrupted message lets nobody else in, nor anybody where the mechanism can tell", () => {
    fc.assert(
      fc.property(corruptedExchanges(ofIt), ({ exchange, tamper, index, corruption }) => {
        const end = outcome(exchange, tamper);
        expect(index).toBeLessThan(exchange.messages);
        expect(corruption.by).toBeGreaterThan(0);
        if (TOLERANT[name]?.(index)) expect(["closed", right(exchange)]).toContainEqual(end);
        else expect(end).toBe("closed");
      }),
      runs,
    );
  });

  it("what is drawn once is the same exchange every time", () => {
    fc.assert(
      fc.property(exchanges(ofIt), (exchange) => {
        expect(runExchange(exchange)).toEqual(runExchange(exchange));
      }),
      { ...runs, numRuns: Math.ceil(runs.numRuns / 10) },
    );
  });
});

it.each<[Corruption["kind"], readonly number[], readonly number[]]>([
  ["change", [1, 2, 3], [1, 9, 3]],
  ["change", [1, 255, 3], [1, 6, 3]],
  ["insert", [1, 2, 3], [1, 7, 2, 3]],
  ["remove", [1, 2, 3], [1, 3]],
  ["cut", [1, 2, 3], [1]],
  ["cut", [], [7]],
  ["remove", [], [7]],
])("corrupt() by %s makes of %j %j", (kind, bytes, corrupted) => {
  const given = Uint8Array.from(bytes);
  expect([...corrupt(given, { kind, at: 4, by: 7 })]).toEqual(corrupted);
  expect([...given]).toEqual(bytes);
});

it("salts have any length from 1 to 32 octets, nonces any from 1 to 30", () => {
  const found = fc.sample(exchanges({ mechanisms: ["SCRAM-SHA-256"] }), { seed: 1, numRuns: 400 }).map((exchange) => {
    const first = new TextDecoder().decode(runExchange(exchange).messages[1]!.bytes);
    const [, nonces, salt] = /^r=([^,]*),s=([^,]*)/.exec(first)!;
    return { salt: atob(salt!).length, nonces: nonces!.length };
  });
  expect(new Set(found.map(({ salt }) => salt)).size).toBe(32);
  const sizes = found.map(({ nonces }) => nonces);
  expect([Math.min(...sizes) < 6, Math.max(...sizes) > 54, Math.max(...sizes) <= 60]).toEqual([true, true, true]);
});

describe("every single-octet corruption of every message", () => {
  /** One exchange a mechanism, drawn once. */
  const drawn = mechanismNames.map((name) => ({
    name,
    exchange: fc.sample(exchanges({ mechanisms: [name] }), { seed: 5802, numRuns: 1 })[0]!,
  }));

  it.each(drawn)(
    "[SASL-6.4-1] [SCRAM-5.1-5] fails closed, or where the mechanism ignores the octet means what it meant: $name",
    ({ name, exchange }) => {
      const whole = runExchange(exchange).messages.map(({ bytes }) => bytes);
      expect(outcome(exchange)).toEqual(right(exchange));
      const open: string[] = [];
      for (const [index, bytes] of whole.entries()) {
        for (let at = 0; at < bytes.length; at++) {
          for (const change of changes(bytes[at]!, at)) {
            const corrupted = bytes.slice();
            corrupted[at] = change;
            const end = outcome(exchange, (message, which) => (which === index ? corrupted : message));
            const isIgnored = TOLERANT[name]?.(index) && String(end) === String(right(exchange));
            if (end !== "closed" && !isIgnored)
              open.push(`message ${index}, octet ${at}: ${bytes[at]} → ${change}: ${end}`);
          }
        }
      }
      expect(open).toEqual([]);
    },
    300_000,
  );

  /** With more runs all 255 others; else what has a meaning in SCRAM's grammar, and one flipped bit after the other. */
  function changes(octet: number, at: number): number[] {
    const every = Array.from({ length: 256 }, (_, value) => value);
    const some = [0x2c, 0x3d, "anmrcsipve".charCodeAt(at % 10), octet ^ (1 << (at % 8)), octet ^ 0x20];
    return [...new Set(runs.numRuns > 100 ? every : some)].filter((value) => value !== octet);
  }
});
