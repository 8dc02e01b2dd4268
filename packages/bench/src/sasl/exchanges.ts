import {
  type Credentials,
  cramMd5Client,
  cramMd5Contexts,
  cramMd5Server,
  digestMd5Client,
  digestMd5Hash,
  digestMd5Server,
  makeScramKeys,
  oauthBearerClient,
  oauthBearerServer,
  plainClient,
  plainServer,
  type SaslClient,
  type SaslServer,
  type ServerStep,
  scramClient,
  scramServer,
  scramSha256,
} from "sasl";
import type { Row, Table, Work } from "../suite.ts";

const USER = { authenticationIdentity: "tim@example.com", password: "tanstaaftanstaaf" };
const TOKEN = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";
const BATCH = 100;

/** What the application answers; it knows one user. */
function answered(server: SaslServer, step: ServerStep, credentials: Credentials | null): ServerStep {
  switch (step.type) {
    case "lookup":
      return server.provide(credentials);
    case "verify":
      return step.password === USER.password ? server.accept() : server.reject();
    case "verify-token":
      return step.token === TOKEN ? server.accept(USER.authenticationIdentity) : server.reject();
    default:
      return step;
  }
}

/** Leads both sides to the end, and throws unless the client and the server agree that it is a good one. */
export function play(client: SaslClient, server: SaslServer, credentials: Credentials | null): void {
  const first = client.start();
  let step = answered(server, server.next(first.type === "response" ? first.bytes : null), credentials);
  while (step.type === "challenge") {
    const answer = client.next(step.bytes);
    if (answer.type === "failure") throw new Error(answer.text);
    step = answered(server, server.next(answer.bytes), credentials);
  }
  if (step.type !== "success") throw new Error(step.type === "failure" ? step.text : step.type);
  if (step.data !== null) client.next(step.data);
  const outcome = client.finish();
  if (outcome.type === "failure" || outcome.serverProved !== client.traits.provesServer) throw new Error("not agreed");
}

/** A batch of exchanges between new clients and new servers. */
function playing(client: () => SaslClient, server: () => SaslServer, credentials: Credentials | null = null): Work {
  return {
    run() {
      for (let n = 0; n < BATCH; n++) play(client(), server(), credentials);
    },
    check: () => play(client(), server(), credentials),
  };
}

/** The keys that a client keeps from an exchange, so that the next one derives none. */
function scram(): Work {
  const secret = new Uint8Array(16);
  const keys = makeScramKeys(scramSha256, { password: USER.password });
  const first = scramClient(scramSha256, { ...USER, keepKeys: true });
  play(first, scramServer(scramSha256, { secret }), keys);
  const { derivedKeys } = first;
  return playing(
    () => scramClient(scramSha256, { ...USER, derivedKeys }),
    () => scramServer(scramSha256, { secret }),
    keys,
  );
}

export function exchanges(): Table {
  const place = { service: "imap", host: "mx.example.com" };
  const realm = "example.com";
  const works: Readonly<Record<string, Work>> = {
    PLAIN: playing(() => plainClient(USER), plainServer),
    OAUTHBEARER: playing(() => oauthBearerClient({ token: TOKEN }), oauthBearerServer),
    "CRAM-MD5, stored contexts": playing(
      () => cramMd5Client(USER),
      () => cramMd5Server({ host: "mx.example.com" }),
      { contexts: cramMd5Contexts(USER.password) },
    ),
    "DIGEST-MD5, stored hash": playing(
      () => digestMd5Client({ ...USER, ...place }),
      () => digestMd5Server({ realms: [realm], service: place.service, hosts: [place.host] }),
      { hash: digestMd5Hash({ ...USER, realm }) },
    ),
    "SCRAM-SHA-256, keys kept on both sides": scram(),
  };
  const rows = Object.entries(works).map(
    ([name, work]): Row => ({ name, amount: BATCH / 1000, works: { sasl: work } }),
  );
  return { title: "exchanges, client and server", unit: "thousand/s", columns: ["sasl"], rows };
}
