import fc from "fast-check";
import type { ClientStep, DeriveStep, SaslServer, ServerStep } from "sasl";
import { type Exchange, exchanges, mechanismNames, runExchange } from "sasl/arbitraries";
import { octets } from "tools/testing";
import { holds, latin1, same, thrownBy } from "../../finding.ts";
import { Choices } from "../../input/choices.ts";
import type { Input, Op } from "../../input/input.ts";
import type { Target } from "../../target.ts";
import { linear } from "../work.ts";
import { checkApplication } from "./application.ts";

/** The choices are the seed of an exchange: who logs in to whom, by which of the mechanisms, with which nonces. */
const SEED = 4;

function exchangeOf(mechanisms: readonly string[], choices: Uint8Array): Exchange {
  const seed = [0, 1, 2, 3].reduce((number, at) => (number << 8) | (choices[at] ?? 0), 0);
  // A cut exchange keeps its seed, so that its messages can be put in again.
  // What is drawn first is small, if it may be.
  return fc.sample(fc.noBias(exchanges({ mechanisms })), { seed, numRuns: 1 })[0]!;
}

const text = (bytes: Uint8Array) => latin1(bytes);

/**
 * The messages of an exchange as operations: the client's are octets, for the server; the server's are calls. An
 * exchange that throws has none: that it does is the target's to say.
 */
function transcript(exchange: Exchange): Op[] {
  try {
    return runExchange(exchange).messages.map(({ from, bytes }) =>
      from === "client" ? { kind: "octets", bytes } : { kind: "call", name: "challenge", text: text(bytes) },
    );
  } catch {
    return [];
  }
}

/** A server is handed the octets one after the other. Whoever gets in is who the credentials are of. */
function checkServer(exchange: Exchange, messages: readonly Uint8Array[], honest: readonly string[]): void {
  const server = exchange.server();
  let step: ServerStep = decided(exchange, server, server.next(messages[0] ?? null));
  const views: { readonly bytes: Uint8Array; readonly before: string }[] = [];
  for (const message of messages.slice(1)) {
    if (step.type !== "challenge") break;
    views.push({ bytes: step.bytes, before: text(step.bytes) });
    const chunk = message.slice();
    step = decided(exchange, server, server.next(chunk));
    same(text(chunk), text(message), "a message is not written to");
  }
  for (const { bytes, before } of views) same(text(bytes), before, "a challenge stays as it was");
  holds(["challenge", "success", "failure"].includes(step.type), () => `a step ${step.type}`);
  if (step.type === "success") {
    const acts = exchange.authorizationIdentity ?? step.authenticationIdentity;
    // Nobody gets in with other messages than those that the credentials make, letters' case and runs of spaces apart.
    const plain = (all: readonly string[]) => all.join("\n").toLowerCase().replace(/ +/g, " ");
    if (!LOOSE.includes(exchange.mechanism))
      same(plain(messages.slice(0, honest.length).map(text)), plain(honest), "what got in");
    if (exchange.mechanism !== "ANONYMOUS")
      same(step.authenticationIdentity, exchange.authenticationIdentity, "who got in");
    same(step.authorizationIdentity, acts, "as whom");
    same(
      thrownBy(() => server.next(new Uint8Array(0))),
      "StateError",
      "behind the end the server takes nothing",
    );
  }
  if (step.type === "failure")
    same(
      thrownBy(() => server.next(new Uint8Array(0))),
      "StateError",
      "behind a failure the server takes nothing",
    );
  server.abort();
}

/** Mechanisms whose messages can be written in other ways: directives in any order, an initial response, extensions. */
const LOOSE = ["DIGEST-MD5", "OAUTHBEARER", "LOGIN"];

/** A client is handed challenges one after the other; it has success only where the server proved what it can prove. */
function checkClient(exchange: Exchange, challenges: readonly Uint8Array[], honest: readonly string[]): void {
  const client = exchange.client();
  let step = client.start() as ClientStep | DeriveStep;
  const secrets = exchange.password.length > 6 ? [exchange.password] : [];
  let answered = 0;
  const views: { readonly bytes: Uint8Array; readonly before: string }[] = [];
  const look = () => {
    if (step.type === "response" && step.bytes !== null) views.push({ bytes: step.bytes, before: text(step.bytes) });
  };
  look();
  for (const challenge of challenges) {
    if (step.type !== "response") break;
    step = client.next(challenge) as ClientStep | DeriveStep;
    answered++;
    look();
    // The server's nonce extends the client's own (RFC 5802 §5.1).
    const [sent, got] = [views[0]?.before, text(challenge)].map(
      (message) => /(?:^|,)r=([^,]*)/.exec(message ?? "")?.[1],
    );
    const isScram = exchange.mechanism.startsWith("SCRAM") && answered === 1 && challenge.length > 0;
    if (isScram && step.type === "response")
      holds(got?.startsWith(sent!) === true, "a nonce that is not one's own is answered");
  }
  const outcome = step.type === "failure" ? step : client.finish();
  if (outcome.type === "failure")
    for (const secret of secrets) holds(!outcome.text.includes(secret), "a failure shows a secret");
  const said = challenges.slice(0, answered).map(text);
  if (outcome.type === "success" && client.traits.provesServer) {
    // A proof is the honest server's own; of what comes before it a client may not care about every octet.
    holds(outcome.serverProved, "a mechanism that proves the server has proved it");
    const proof = (of: readonly string[]) => of.at(-1)?.split(",")[0]?.toLowerCase();
    same(proof(said), proof(honest), "a proof that the server did not give");
  }
  client.abort();
  for (const { bytes, before } of views) same(text(bytes), before, "a response stays as it was");
}

function decided(exchange: Exchange, server: SaslServer, first: ServerStep): ServerStep {
  let step = first;
  for (let times = 0; times < 5 && !["challenge", "success", "failure"].includes(step.type); times++)
    step = exchange.answer(server, step);
  return step;
}

function run(mechanisms: readonly string[], input: Input): void {
  const exchange = exchangeOf(mechanisms, input.choices);
  const honest = runExchange(exchange);
  same(
    [honest.client?.type, honest.server?.type],
    ["success", "success"],
    "an exchange of an honest client and server",
  );
  if (honest.server?.type === "success" && exchange.mechanism !== "ANONYMOUS")
    same(honest.server.authenticationIdentity, exchange.authenticationIdentity, "who got in");
  checkApplication(exchange, new Choices(input.choices, SEED));
  const twoSteps = runExchange(exchange, (bytes) => bytes, false);
  same([twoSteps.client?.type, twoSteps.server?.type], ["success", "success"], "without an initial response");
  const received = input.ops.flatMap((op) => (op.kind === "octets" ? [op.bytes] : []));
  const challenges = input.ops.flatMap((op) => (op.kind === "call" ? [octets(op.text)] : []));
  const units = [...received, ...challenges].reduce((sum, { length }) => sum + length + 50, 200);
  const saidBy = (side: string) => honest.messages.filter(({ from }) => from === side).map(({ bytes }) => text(bytes));
  linear(units, 600, () => checkServer(exchange, received, saidBy("client")));
  const own = saidBy("server");
  linear(units, 600, () => checkClient(exchange, challenges, own));
}

function target(name: string, mechanisms: readonly string[], files: readonly string[]): Target {
  const seeds = fc.uint8Array({ minLength: SEED, maxLength: SEED + 2 });
  return {
    name,
    files: [...files, ...["client", "limit", "server", "steps"].map((part) => `sasl/src/exchange/${part}.ts`)],
    lines: [
      "",
      "\0tim\0tanstaaf",
      "tim",
      "=",
      "n,,n=tim,r=abc",
      "c=biws,r=abc,p=AAAA",
      "v=AAAA",
      "e=invalid-proof",
      "y,,",
      "p=tls-unique,,",
      "\x01",
      "\x01\x01",
      'username="tim"',
      "m=x,",
    ],
    calls: {
      challenge: [
        "",
        "r=abcdef,s=QUFB,i=1",
        "v=AAAA",
        "e=other-error",
        'realm="a",nonce="b",qop="auth",algorithm=md5-sess,charset=utf-8',
        "rspauth=00",
        "Username:",
        "<1@a>",
        "{}",
      ],
    },
    inputs: seeds.map((choices) => {
      const exchange = exchangeOf(mechanisms, choices);
      return { choices, ops: transcript(exchange) };
    }),
    run: (input) => run(mechanisms, input),
  };
}

const scram = mechanismNames.filter((name) => name.startsWith("SCRAM"));
/** Parts of exchanges that some mechanisms have. */
const ONE_MESSAGE = "sasl/src/exchange/one-message.ts";
const STORED = "sasl/src/exchange/stored-secret.ts";
const FILES: Readonly<Record<string, readonly string[]>> = {
  PLAIN: ["sasl/src/mechanisms/plain.ts", "sasl/src/text/text.ts", ONE_MESSAGE],
  EXTERNAL: ["sasl/src/mechanisms/external.ts", ONE_MESSAGE],
  ANONYMOUS: ["sasl/src/mechanisms/anonymous.ts", ONE_MESSAGE],
  "CRAM-MD5": ["sasl/src/mechanisms/cram-md5.ts", "sasl/src/text/msg-id.ts", STORED],
  "DIGEST-MD5": ["sasl/src/mechanisms/digest-md5.ts", "sasl/src/digest-md5/", "sasl/src/text/directives.ts", STORED],
  OAUTHBEARER: ["sasl/src/mechanisms/oauthbearer.ts", "sasl/src/oauth/", "sasl/src/text/gs2.ts"],
  XOAUTH2: ["sasl/src/mechanisms/xoauth2.ts", "sasl/src/oauth/"],
};

/** Every mechanism, both of its sides. */
export const saslMechanisms: readonly Target[] = [
  ...mechanismNames
    .filter((name) => !name.startsWith("SCRAM"))
    .map((name) =>
      target(`sasl-${name.toLowerCase()}`, [name], FILES[name] ?? [`sasl/src/mechanisms/${name.toLowerCase()}.ts`]),
    ),
  target("sasl-scram", scram, [
    "sasl/src/mechanisms/scram-client.ts",
    "sasl/src/mechanisms/scram-server.ts",
    // What is stored has a target of its own.
    ...["client-options", "keys", "messages", "names", "options"].map((part) => `sasl/src/scram/${part}.ts`),
  ]),
];
