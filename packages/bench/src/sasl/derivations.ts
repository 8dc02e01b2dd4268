import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { sha256 } from "@noble/hashes/sha2.js";
import pg from "pg/lib/crypto/sasl.js";
import {
  makeScramKeys,
  type SaslServer,
  type ScramHash,
  type ScramKeys,
  type ServerStep,
  scramClient,
  scramServer,
  scramSha1,
  scramSha256,
} from "sasl";
import { derive } from "sasl/webcrypto";
import ScramSha1 from "sasl-scram-sha-1";
import type { Row, Table, Work } from "../suite.ts";
import { play } from "./exchanges.ts";

const USER = { authenticationIdentity: "tim", password: "tanstaaftanstaaf" };
const ITERATIONS = 4096;
const SALT = Uint8Array.from({ length: 16 }, (_, n) => n);

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | null) => new TextDecoder().decode(bytes ?? new Uint8Array(0));

/**
 * A server that knows the user's keys, which it does not derive: its share of the time is small, and the same for all.
 */
class Peer {
  readonly #server: SaslServer;
  readonly #keys: ScramKeys;

  constructor(hash: ScramHash, keys: ScramKeys) {
    this.#server = scramServer(hash, { secret: new Uint8Array(16) });
    this.#keys = keys;
  }

  /** @throws Error unless the message is right */
  take(message: Uint8Array | null): Uint8Array {
    let step: ServerStep = this.#server.next(message);
    if (step.type === "lookup") step = this.#server.provide(this.#keys);
    if (step.type === "challenge") return step.bytes;
    if (step.type === "success" && step.data !== null) return step.data;
    throw new Error(step.type === "failure" ? step.text : step.type);
  }
}

async function byWebCrypto(hash: ScramHash, peer: Peer): Promise<void> {
  const client = scramClient(hash, { ...USER, deriveKeys: "external" });
  const first = client.start();
  let step = client.next(peer.take(first.type === "response" ? first.bytes : null));
  if (step.type === "derive") step = client.provide(await derive(step));
  if (step.type !== "response") throw new Error(step.type);
  client.next(peer.take(step.bytes));
  if (client.finish().type !== "success") throw new Error("the server is not proved");
}

async function byPg(peer: Peer): Promise<void> {
  const session = pg.startSession(["SCRAM-SHA-256"], null);
  await pg.continueSession(session, USER.password, decode(peer.take(encode(session.response))), null);
  pg.finalizeSession(session, decode(peer.take(encode(session.response))));
}

async function byScramSha1(peer: Peer): Promise<void> {
  const mechanism = new ScramSha1();
  const credentials = { username: USER.authenticationIdentity, password: USER.password };
  const first = await mechanism.response(credentials);
  const final = await mechanism.challenge(decode(peer.take(encode(first)))).response(credentials);
  peer.take(encode(final));
}

/** Every exchange is checked by the server; a wrong one throws. */
function logins(hash: ScramHash, work: (peer: Peer) => Promise<void>): Work {
  const keys = makeScramKeys(hash, { password: USER.password, salt: SALT, iterations: ITERATIONS });
  const run = () => work(new Peer(hash, keys));
  return { run, check: run };
}

/** Logins with a password at 4096 iterations, each with the platform's PBKDF2. */
export function nativeDerivations(): Table {
  const rows: Row[] = [
    {
      name: "SCRAM-SHA-256",
      amount: 1,
      works: {
        sasl: logins(scramSha256, (peer) => byWebCrypto(scramSha256, peer)),
        pg: logins(scramSha256, byPg),
      },
    },
    {
      name: "SCRAM-SHA-1",
      amount: 1,
      works: {
        sasl: logins(scramSha1, (peer) => byWebCrypto(scramSha1, peer)),
        "sasl-scram-sha-1": logins(scramSha1, byScramSha1),
      },
    },
  ];
  return {
    title: `logins at ${ITERATIONS} iterations, Web Crypto`,
    unit: "per second",
    columns: ["sasl", "pg", "sasl-scram-sha-1"],
    rows,
  };
}

/** The same in place, beside the derivation alone. */
export function ownDerivations(): Table {
  const keys = makeScramKeys(scramSha256, { password: USER.password, salt: SALT, iterations: ITERATIONS });
  const login = () =>
    play(scramClient(scramSha256, USER), scramServer(scramSha256, { secret: new Uint8Array(16) }), keys);
  const alone = () => {
    const { length } = pbkdf2(sha256, encode(USER.password), SALT, { c: ITERATIONS, dkLen: 32 });
    if (length !== 32) throw new Error(`32 octets expected, got ${length}`);
  };
  const works = { sasl: { run: login, check: login }, "@noble/hashes, PBKDF2 alone": { run: alone, check: alone } };
  return {
    title: `logins at ${ITERATIONS} iterations, in place`,
    unit: "per second",
    columns: Object.keys(works),
    rows: [{ name: "SCRAM-SHA-256", amount: 1, works }],
  };
}
