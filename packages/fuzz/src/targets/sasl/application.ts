import { cramMd5Contexts, type SaslClient, type SaslServer, type ServerStep } from "sasl";
import { type Exchange, runExchange } from "sasl/arbitraries";
import { holds, same, thrownBy } from "../../finding.ts";
import type { Choices } from "../../input/choices.ts";

const nothing = new Uint8Array(0);
/** Beyond what a mechanism takes by default. */
const long = new Uint8Array(9217).fill(0x61);

function refusedCalls(calls: readonly (() => unknown)[], when: string): void {
  for (const call of calls) same(thrownBy(call), "StateError", `a call out of place ${when}`);
}

/** A server that is also called where it must not be: that throws, and changes nothing. */
function misusedServer(server: SaslServer): SaslServer {
  refusedCalls([() => server.accept(), () => server.reject(), () => server.provide(null)], "at the beginning");
  return server;
}

/** A client of which the same holds. */
function misusedClient(client: SaslClient): SaslClient {
  return {
    name: client.name,
    traits: client.traits,
    start() {
      refusedCalls([() => client.next(nothing), () => client.finish()], "before the first message");
      const step = client.start();
      refusedCalls([() => client.start()], "behind the first message");
      return step;
    },
    next: (challenge) => client.next(challenge),
    finish: () => client.finish(),
    abort: () => client.abort(),
  };
}

/** The application's part of an exchange, done otherwise than an honest one's. */
function answering(exchange: Exchange, answer: (server: SaslServer, step: ServerStep) => ServerStep): Exchange {
  return { ...exchange, answer };
}

/** Whoever is turned down does not get in, and does not think so. */
function checkTurnedDown(exchange: Exchange, choices: Choices): void {
  const reason = choices.pick("wrong-credentials", "unknown-user", "not-authorized");
  const unknown = choices.pick(false, true);
  const { client, server } = runExchange(
    answering(exchange, (asked, step) =>
      step.type === "lookup" && unknown ? asked.provide(null) : asked.reject(reason),
    ),
  );
  same(server?.type, "failure", "who is turned down");
  holds(client?.type !== "success", "a client thinks that it got in");
}

/** Calls out of place are refused, at every step, and the exchange goes on as if there had been none. */
function checkMisuse(exchange: Exchange): void {
  const asked = answering(exchange, (server, step) => {
    const wrong = step.type === "lookup" ? () => server.accept() : () => server.provide(null);
    refusedCalls([wrong, () => server.next(nothing)], `at "${step.type}"`);
    return exchange.answer(server, step);
  });
  const { client, server } = runExchange({
    ...asked,
    client: () => misusedClient(exchange.client()),
    server: () => misusedServer(exchange.server()),
  });
  same([client?.type, server?.type], ["success", "success"], "an exchange with calls out of place");
}

/** What is too long is not read. */
function checkLength({ client, server }: Exchange): void {
  const step = server().next(long);
  same(step.type === "failure" && step.reason, "message-too-long", "a server's limit");
  const asked = client();
  asked.start();
  const answer = asked.next(long) as { readonly type: string; readonly reason?: string };
  same(answer.type === "failure" && answer.reason, "message-too-long", "a client's limit");
  same(asked.finish().type, "failure", "behind it");
}

/** Everything that an application does which has nothing to do with what the peer sends. */
export function checkApplication(exchange: Exchange, choices: Choices): void {
  checkTurnedDown(exchange, choices);
  checkMisuse(exchange);
  checkLength(exchange);
  if (exchange.mechanism !== "CRAM-MD5") return;
  const stored = answering(exchange, (server, step) =>
    step.type === "lookup"
      ? server.provide({ contexts: cramMd5Contexts(exchange.password) })
      : exchange.answer(server, step),
  );
  same(runExchange(stored).server?.type, "success", "with what a server stores in place of the password");
}
