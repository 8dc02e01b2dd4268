import fc from "fast-check";
import {
  Pop3ClientSession,
  Pop3Retrieval,
  type Pop3ServerEvent,
  type RetrievalEvent,
  type RetrievalReport,
} from "pop3-codec";
import { octets, pull, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { Maildrop } from "./support.ts";

/** How a connection goes: the server is cut off behind so many octets of its, or never. */
interface Fate {
  readonly octets: number;
  readonly step: number;
}

interface Settings {
  readonly afterFetching: "remove" | "leave";
  readonly ahead: number;
  /** Puts both sides through data behind every event. */
  readonly snapshots: boolean;
}

/** One connection to a maildrop, up to its end or its loss. What was fetched is appended to `store`. */
function connect(
  maildrop: Maildrop,
  fate: Fate,
  { snapshots, ...settings }: Settings,
  resume: RetrievalReport | undefined,
  store: string[],
): RetrievalReport | null {
  const options = { ...settings, ...(resume === undefined ? {} : { resume }) };
  const server = maildrop.connect();
  let client = new Pop3ClientSession({ tls: true }).login({ name: "tim", password: "tanstaaf" });
  let retrieval: Pop3Retrieval | null = null;
  let report: RetrievalReport | null = null;
  let content = "";
  let left = fate.octets;
  const restore = () => {
    if (!snapshots) return;
    const login = { name: "tim", password: "tanstaaf" };
    const again = Pop3ClientSession.restore(structuredClone(client.snapshot()), { tls: true }, null, login);
    if (retrieval !== null) retrieval = new Pop3Retrieval(again, options, structuredClone(retrieval.snapshot()));
    client = again;
  };
  const take = (event: RetrievalEvent) => {
    if (event.type === "content") content += text(event.bytes);
    if (event.type === "fetched") store.push(content);
    if (event.type === "fetched" || event.type === "refused") content = "";
    if (event.type === "done") report = event.report;
    expect(event.type).not.toBe("violation");
  };
  const read = () => {
    for (;;) {
      if (retrieval === null) {
        const event = client.nextEvent();
        if (event?.type === "login" && event.ok) retrieval = new Pop3Retrieval(client, options);
        if (event === null) return;
      } else {
        const event = retrieval.nextEvent();
        if (event === null) return;
        if (event.type !== "violation" || event.code !== "cut-off") take(event);
      }
      restore();
    }
  };
  for (;;) {
    const toClient = text(pull<Pop3ServerEvent>(server, (event) => maildrop.answer(server, event)));
    for (let at = 0; at < toClient.length && left > 0; at += fate.step) {
      const piece = toClient.slice(at, Math.min(at + fate.step, at + left));
      left -= piece.length;
      client.receive(octets(piece));
      read();
    }
    if (left <= 0 || server.waiting === "closed") break;
    read();
    server.receive(octets(text(client.takeOutputPieces())));
  }
  client.receiveEnd();
  read();
  // What the client has sent arrives, though it hears no answer.
  server.receive(octets(text(client.takeOutputPieces()))).receiveEnd();
  pull<Pop3ServerEvent>(server, (event) => maildrop.answer(server, event));
  return report ?? resume ?? null;
}

const settings: fc.Arbitrary<Settings> = fc.record({
  afterFetching: fc.constantFrom("remove", "leave"),
  ahead: fc.integer({ min: 1, max: 4 }),
  snapshots: fc.boolean(),
});
const fates = fc.array(fc.record({ octets: fc.integer({ min: 1, max: 900 }), step: fc.constantFrom(1, 7, 1000) }), {
  maxLength: 6,
});
const uniqueIds = fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f"), { maxLength: 8 });

describe("a retrieval that is resumed as often as its connection is lost", () => {
  it("fetches every message once, in order, and removes what it has fetched", () => {
    fc.assert(
      fc.property(uniqueIds, settings, fates, (ids, how, lost) => {
        const maildrop = new Maildrop(ids);
        const contents = maildrop.messages.map(({ content }) => content);
        const store: string[] = [];
        let report: RetrievalReport | null = null;
        for (const fate of [...lost, { octets: Number.POSITIVE_INFINITY, step: 50 }]) {
          report = connect(maildrop, fate, how, structuredClone(report) ?? undefined, store);
          const kept = maildrop.messages.map(({ content }) => content);
          // Whatever happened, nothing is gone that was not stored.
          for (const content of contents) expect(kept.includes(content) || store.includes(content)).toBe(true);
        }
        expect(store).toEqual(contents);
        expect(report!.complete).toBe(true);
        expect(maildrop.messages.map(({ content }) => content)).toEqual(how.afterFetching === "remove" ? [] : contents);
      }),
      {
        numRuns: runs(0.7),
        examples: [
          // A connection lost before anything is listed again: what is to be removed must not be forgotten.
          [
            ["a", "a"],
            { afterFetching: "remove", ahead: 1, snapshots: false },
            [
              { octets: 150, step: 1 },
              { octets: 86, step: 1 },
            ],
          ],
        ],
      },
    );
  });
});
