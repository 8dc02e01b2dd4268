/**
 * SASL mechanisms (RFC 4422), client and server, as challenge and response over octets, without I/O.
 *
 * @module
 */
export { type ApopOptions, type ApopVerification, apopDigest, verifyApop } from "./apop.ts";
export {
  type ChannelBinding,
  preferredBinding,
  serverEndPointHash,
  TLS_EXPORTER,
  type TlsExporterBinding,
  type TlsServerEndPointBinding,
  type TlsUniqueBinding,
} from "./channel-binding.ts";
export { type DigestMd5Credentials, digestMd5Hash } from "./digest-md5/stored-hash.ts";
export type { ExchangeOptions } from "./exchange/limit.ts";
export type { Failure, FailureReason, Rejection, ScramError, ScramErrorValue } from "./failure.ts";
export type * from "./mechanism.ts";
export {
  type AnonymousClientOptions,
  type AnonymousServerOptions,
  anonymousClient,
  anonymousServer,
} from "./mechanisms/anonymous.ts";
export {
  type CramMd5ClientOptions,
  type CramMd5ServerOptions,
  cramMd5Client,
  cramMd5Contexts,
  cramMd5Server,
} from "./mechanisms/cram-md5.ts";
export {
  type DigestMd5ClientOptions,
  type DigestMd5ServerOptions,
  digestMd5Client,
  digestMd5Server,
} from "./mechanisms/digest-md5.ts";
export {
  type ExternalClientOptions,
  type ExternalServerOptions,
  externalClient,
  externalServer,
} from "./mechanisms/external.ts";
export { type LoginClientOptions, type LoginServerOptions, loginClient, loginServer } from "./mechanisms/login.ts";
export {
  type OauthBearerClientOptions,
  type OauthBearerServerOptions,
  oauthBearerClient,
  oauthBearerServer,
} from "./mechanisms/oauthbearer.ts";
export { type PlainClientOptions, type PlainServerOptions, plainClient, plainServer } from "./mechanisms/plain.ts";
export { type KeepsKeys, scramClient } from "./mechanisms/scram-client.ts";
export { type ScramServerOptions, scramServer } from "./mechanisms/scram-server.ts";
export {
  type Xoauth2ClientOptions,
  type Xoauth2ServerOptions,
  xoauth2Client,
  xoauth2Server,
} from "./mechanisms/xoauth2.ts";
export { mechanismName } from "./negotiation/name.ts";
export {
  type Negotiated,
  type NegotiationCredentials,
  type NegotiationPolicy,
  negotiate,
} from "./negotiation/negotiate.ts";
export {
  type Candidate,
  type Picked,
  type PickPolicy,
  pickMechanism,
  type Refusal,
  strongerThanBefore,
} from "./negotiation/pick.ts";
export type { OauthClient, OauthRefusal } from "./oauth/client.ts";
export type { ScramClientOptions, ScramDerivedKeys } from "./scram/client-options.ts";
export { type ScramHash, scramSha1, scramSha256, scramSha512 } from "./scram/hash.ts";
export { type ScramBindingOptions, scramNames } from "./scram/names.ts";
export {
  formatScramKeys,
  type KeyLengths,
  type ParseScramKeysOptions,
  parseScramKeys,
  type ScramKeysForm,
} from "./scram/stored-form.ts";
export {
  makeScramKeys,
  type PasswordOrSalted,
  type ScramKeysOptions,
  type VerifyScramOptions,
  verifyScramPassword,
} from "./scram/stored-keys.ts";
export { StateError } from "./state-error.ts";
export { formatGs2Header, type Gs2Header, parseGs2Header, type ReadGs2Header } from "./text/gs2.ts";
export type { Prepare, PrepareOption, Unprepared } from "./text/text.ts";
