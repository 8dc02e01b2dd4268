/**
 * A test kit for drivers of SMTP sessions: the glue that moves octets between a socket and a session. The driver runs
 * over a hostile transport in memory, against a peer that the kit plays; the report says in words which contract it
 * broke.
 *
 * @module
 */
import { assertPassed, type DriverReport, type DriverTestOptions, testDriver } from "dot-stuffing/driver-test";
import { type ClientDriver, clientPlays } from "./client.ts";
import { promptPlay, type ServerDriver, serverPlays } from "./server.ts";

export {
  type BrokenContract,
  ConnectionLost,
  type Contract,
  contracts,
  DriverError,
  type DriverReport,
  type DriverTestOptions,
  type TestTransport,
} from "dot-stuffing/driver-test";
export type { ClientDriver, SmtpClientWorld } from "./client.ts";
export type { Envelope, ServerDriver, SmtpServerWorld } from "./server.ts";

/** Settings of a test of a driver of server sessions. */
export interface ServerDriverTestOptions extends DriverTestOptions {
  /**
   * Whether what was decided has to leave while a further decision takes its time (the contract `"held-back"`). A loop
   * that writes once there are no more events, which is enough where decisions are quick, does not do that. Default
   * false.
   */
  readonly prompt?: boolean;
}

/**
 * Tries a driver of server sessions.
 *
 * @example
 * ```ts
 * const report = await testServerDriver(async (transport, { createSession, on }) => {
 *   const session = createSession();
 *   await drive(session, transport, on); // awaits on(event) for each event
 *   transport.close();
 * });
 * for (const { contract, scenario, what } of report.broken) console.log(`${contract}: ${what} (in ${scenario})`);
 * ```
 */
export function testServerDriver(driver: ServerDriver, options: ServerDriverTestOptions = {}): Promise<DriverReport> {
  const { prompt = false, ...settings } = options;
  return testDriver(driver, prompt ? [...serverPlays, promptPlay] : serverPlays, settings);
}

/** As `testServerDriver`. @throws DriverError that names every contract that was broken */
export async function assertServerDriver(
  driver: ServerDriver,
  options?: ServerDriverTestOptions,
): Promise<DriverReport> {
  return assertPassed(await testServerDriver(driver, options));
}

/** Tries a driver of client sessions. */
export function testClientDriver(driver: ClientDriver, options?: DriverTestOptions): Promise<DriverReport> {
  return testDriver(driver, clientPlays, options);
}

/** As `testClientDriver`. @throws DriverError that names every contract that was broken */
export async function assertClientDriver(driver: ClientDriver, options?: DriverTestOptions): Promise<DriverReport> {
  return assertPassed(await testClientDriver(driver, options));
}
