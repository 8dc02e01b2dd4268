/**
 * SASL mechanisms (RFC 4422), client and server, as challenge and response over octets, without I/O.
 *
 * @module
 */
export { type ApopOptions, type ApopVerification, apopDigest, verifyApop } from "./apop.ts";
export type { ExchangeOptions } from "./exchange/limit.ts";
export type { Failure, FailureReason, Rejection, ScramError, ScramErrorValue } from "./failure.ts";
export type * from "./mechanism.ts";
export {
  type CramMd5ClientOptions,
  type CramMd5ServerOptions,
  cramMd5Client,
  cramMd5Contexts,
  cramMd5Server,
} from "./mechanisms/cram-md5.ts";
export { type LoginClientOptions, type LoginServerOptions, loginClient, loginServer } from "./mechanisms/login.ts";
export { type PlainClientOptions, type PlainServerOptions, plainClient, plainServer } from "./mechanisms/plain.ts";
export { mechanismName } from "./negotiation/name.ts";
export { type Picked, type PickPolicy, pickMechanism, type Refusal, strongerThanBefore } from "./negotiation/pick.ts";
export { StateError } from "./state-error.ts";
export type { Prepare, PrepareOption } from "./text/text.ts";
