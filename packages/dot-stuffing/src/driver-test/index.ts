/**
 * A test kit for drivers, the glue that moves octets between a transport and a session: a hostile transport in memory,
 * and a report that says in words what a driver has done wrong. `smtp-codec/driver-test` and `pop3-codec/driver-test`
 * have the dialogues of their protocols; so can a codec of one's own.
 *
 * @module
 */
export { concat } from "../concat.ts";
export { encodeUtf8 } from "../web.ts";
export {
  assertPassed,
  type BrokenContract,
  type Contract,
  contracts,
  DriverError,
  type DriverReport,
  type Findings,
} from "./contracts.ts";
export { same } from "./octet-queue.ts";
export { inOneWrite, type Peer } from "./peer.ts";
export type { DriverTestOptions, Run, Scenario } from "./run.ts";
export { type Play, type TestedDriver, testDriver } from "./test-driver.ts";
export { type Behaviour, ConnectionLost, type Cut, type TestTransport } from "./transport.ts";
export type { TestedEvent, TestedSession, Watch } from "./watch.ts";
