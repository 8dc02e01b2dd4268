import { type DriverReport, Findings } from "./contracts.ts";
import type { Peer } from "./peer.ts";
import { type DriverTestOptions, Run, type Scenario } from "./run.ts";
import type { Cut, TestTransport } from "./transport.ts";

/** A driver under test: moves octets between the transport and a session until it is over, and closes the transport. */
export type TestedDriver<World> = (transport: TestTransport, world: World) => Promise<void>;

/** A scenario with what the peer does, and what the driver gets besides its transport. */
export interface Play<World> extends Scenario {
  readonly world: (run: Run) => World;
  readonly peer: (peer: Peer, run: Run, world: World) => Promise<void>;
}

/** Plays all scenarios, one after the other. */
export async function testDriver<World>(
  driver: TestedDriver<World>,
  plays: readonly Play<World>[],
  options: DriverTestOptions = {},
): Promise<DriverReport> {
  const findings = new Findings();
  let played = 0;

  const play = async (one: Play<World>): Promise<Run> => {
    const run = new Run(one, options, findings);
    const world = one.world(run);
    findings.scenario = one.name;
    played++;
    await run.play(
      () => driver(run.transport, world),
      (peer) => one.peer(peer, run, world),
    );
    return run;
  };

  for (const one of plays) {
    const { wire } = (await play(one)).peer;
    if (one.cuts !== true) continue;
    // So long was the dialogue: now it ends sooner.
    for (const cut of cutsOf(wire.inbound.count, wire.outbound.count, options.cutEvery ?? 1)) {
      const name = `${one.name}, ${cut.by === "fin" ? "ended" : "reset"} after ${cut.after} octets of ${cut.side}`;
      await play({ ...one, name, behaviour: { ...one.behaviour, cut } });
    }
  }
  return { passed: findings.broken.length === 0, played, broken: findings.broken };
}

function* cutsOf(input: number, output: number, every: number): Generator<Cut> {
  for (let after = 0; after < input; after += every) {
    yield { side: "input", after, by: "fin" };
    yield { side: "input", after, by: "reset" };
  }
  for (let after = 0; after < output; after += every) yield { side: "output", after, by: "reset" };
}
