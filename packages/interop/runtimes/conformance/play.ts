/** What the sections of sessions have in common. */
import { cutAt } from "dot-stuffing/arbitraries";
import type { Exchange } from "sasl/arbitraries";
import { type DrivenSession, drive } from "../../../tools/src/testing/drive.ts";
import { type PairEnd, SessionPair } from "../../../tools/src/testing/pair.ts";
import type { Log } from "./log.ts";

/** Plays octets against a session, cut at these places. */
export function playAlone<Event extends { readonly type: string }>(
  log: Log,
  session: DrivenSession<Event>,
  octets: Uint8Array,
  cuts: readonly number[],
  answer: (event: Event) => void,
): void {
  log.items++;
  const { events, output, waiting } = drive(session, cutAt(log.input(octets), cuts), answer);
  for (const event of events) log.event(event);
  log.output(output);
  log.event(waiting);
}

/** Runs both ends of a connection, everything cut at these places. */
export function playPair<ClientEvent extends { readonly type: string }, ServerEvent extends { readonly type: string }>(
  log: Log,
  client: PairEnd<ClientEvent>,
  server: PairEnd<ServerEvent>,
  cuts: readonly number[],
): void {
  log.items++;
  const pair = new SessionPair(client, server, (bytes) => cutAt(log.input(bytes), cuts));
  // An application whose call is refused goes no further: both ends stay where they are.
  log.attempt(() => pair.run());
  for (const event of [...pair.serverEvents, ...pair.clientEvents]) log.event(event);
  for (const { from, text } of pair.transcript) log.output(`${from}: ${text}`);
  log.event([client.session.waiting, server.session.waiting]);
}

/** Does one step at each call, in order; whether there was one. */
export function steps(log: Log, all: readonly (() => unknown)[]): () => boolean {
  const left = [...all];
  return () => {
    const next = left.shift();
    if (next === undefined) return false;
    log.attempt(next);
    return true;
  };
}

/** Answers what a session does not know of an exchange. */
export const answerOf =
  ({ answer }: Exchange) =>
  (mechanism: object, step: object) =>
    answer(mechanism as Parameters<typeof answer>[0], step as Parameters<typeof answer>[1]);
