/**
 * Sessions of POP3 written down line by line, secrets and content masked, and gone through again; the format stands in
 * the README of `dot-stuffing`.
 *
 * @module
 */
import { type RecordSettings, type Replay, record, replay } from "dot-stuffing/recording";
import type { SaslClient, SaslServer } from "dot-stuffing/session";
import type { Pop3ClientOptions } from "../client/options.ts";
import type { Pop3ClientSession } from "../client/session.ts";
import type { Pop3ServerOptions } from "../server/options.ts";
import type { Pop3ServerSession } from "../server/session.ts";
import { clientRole, serverRole } from "./roles.ts";

export {
  RecordingError,
  type RecordSettings,
  type Replay,
  type ReplayState,
  type ReplayStep,
} from "dot-stuffing/recording";

/**
 * A server session that writes down all that happens to it.
 *
 * @param write is given each line, without a line end
 */
export function recordServer<Mechanism extends SaslServer = SaslServer>(
  options: Pop3ServerOptions,
  write: (line: string) => void,
  settings?: RecordSettings,
): Pop3ServerSession<Mechanism> {
  return record(serverRole<Mechanism>(), options, write, settings);
}

/** A client session that writes down all that happens to it. @param write is given each line, without a line end */
export function recordClient<Mechanism extends SaslClient = SaslClient>(
  options: Pop3ClientOptions,
  write: (line: string) => void,
  settings?: RecordSettings,
): Pop3ClientSession<Mechanism> {
  return record(clientRole<Mechanism>(), options, write, settings);
}

/** Goes through a server's recording again. @throws RecordingError naming the line that is none */
export function replayServer(lines: Iterable<string>): Replay<Pop3ServerSession, Pop3ServerOptions> {
  return replay(serverRole(), lines);
}

/** Goes through a client's recording again. @throws RecordingError naming the line that is none */
export function replayClient(lines: Iterable<string>): Replay<Pop3ClientSession, Pop3ClientOptions> {
  return replay(clientRole(), lines);
}
