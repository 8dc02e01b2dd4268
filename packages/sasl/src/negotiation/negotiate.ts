import { type ChannelBinding, preferredBinding } from "../channel-binding.ts";
import type { DerivingClient, MechanismTraits, SaslClient } from "../mechanism.ts";
import { cramMd5Client } from "../mechanisms/cram-md5.ts";
import { loginClient } from "../mechanisms/login.ts";
import { plainClient } from "../mechanisms/plain.ts";
import { type KeepsKeys, scramClient } from "../mechanisms/scram-client.ts";
import type { ScramClientOptions } from "../scram/client-options.ts";
import { type ScramHash, scramSha1, scramSha256, scramSha512 } from "../scram/hash.ts";
import { scramName, scramTraits } from "../scram/names.ts";
import { mechanismName } from "./name.ts";
import { type Picked, type PickPolicy, pick } from "./pick.ts";

/** What a client can log in with. */
export interface NegotiationCredentials extends Omit<ScramClientOptions, "channelBinding" | "nonce"> {
  /** The bindings of this connection, of which the preferred one is used (RFC 9266 §3). Default: none. */
  readonly channelBindings?: readonly ChannelBinding[];
  /** Further mechanisms that the caller has made, e.g. with a token, or of its own. They are picked by the same order. */
  readonly others?: readonly SaslClient[];
}

/** What the caller permits, and demands. */
export interface NegotiationPolicy extends PickPolicy {
  /** Whether only mechanisms that bind the channel are used. Default false. */
  readonly requireChannelBinding?: boolean;
  /** Weak mechanisms to be used where the server offers nothing better: `"CRAM-MD5"`, `"LOGIN"`. Default: none. */
  readonly weak?: readonly string[];
}

type Client = SaslClient | (DerivingClient & KeepsKeys);

/** A mechanism that can be made of credentials. */
interface Known {
  readonly name: string;
  readonly traits: Pick<MechanismTraits, "revealsPassword" | "bindsChannel" | "carriesAuthorizationIdentity">;
  readonly isWeak: boolean;
  /** Null: what it needs is not at hand. */
  readonly make: (credentials: NegotiationCredentials) => (() => Client) | null;
}

/**
 * Picks the strongest mechanism that the server offers, the credentials suffice for and the policy permits, as
 * {@link pickMechanism} does, and makes it: SCRAM, bound to the channel where both sides can, before PLAIN, and that under
 * TLS alone. Where the client could bind and the server's list has no `-PLUS`, SCRAM tells the server so; one that did
 * offer it then fails the exchange, since somebody has changed its list (RFC 5802 §6).
 *
 * ```ts
 * const { mechanism, refused } = negotiate(capabilities, { authenticationIdentity: "tim", password }, { tls: true });
 * ```
 *
 * @param offered names as the server listed them, in any case
 * @returns `mechanism` null: nothing could be used; `refused` says why of each
 * @throws TypeError, RangeError if a credential is not acceptable to the mechanism that was picked
 */
export function negotiate(
  offered: readonly string[],
  credentials: NegotiationCredentials & { readonly deriveKeys?: "in-place" },
  policy: NegotiationPolicy,
): Picked<SaslClient>;
export function negotiate(
  offered: readonly string[],
  credentials: NegotiationCredentials,
  policy: NegotiationPolicy,
): Picked<Client>;
export function negotiate(
  offered: readonly string[],
  credentials: NegotiationCredentials,
  policy: NegotiationPolicy,
): Picked<Client> {
  const reasons = new Map<string, string>();
  const candidates: { name: string; traits: Known["traits"]; make: () => Client }[] = [];
  for (const { name, traits, isWeak, make } of [...known(), ...(credentials.others ?? []).map(given)]) {
    const factory = make(credentials);
    const reason = unfit(name, traits, isWeak, credentials, policy);
    if (reason !== null) reasons.set(name, reason);
    else if (factory === null) reasons.set(name, "the credentials that it needs are missing");
    else candidates.push({ name, traits, make: factory });
  }
  const { mechanism, refused } = pick(offered, candidates, policy, reasons);
  return { mechanism: mechanism?.make() ?? null, refused };
}

function unfit(
  name: string,
  traits: Known["traits"],
  isWeak: boolean,
  { channelBindings = [], authorizationIdentity = "" }: NegotiationCredentials,
  { requireChannelBinding = false, weak = [] }: NegotiationPolicy,
): string | null {
  if (isWeak && !weak.some((asked) => mechanismName(asked) === name)) return "weak, and not asked for";
  if (traits.bindsChannel && channelBindings.length === 0)
    return "binds the channel, and no channel binding is at hand";
  if (!traits.bindsChannel && requireChannelBinding) return "does not bind the channel, which is required";
  if (!traits.carriesAuthorizationIdentity && authorizationIdentity !== "") return "carries no authorization identity";
  return null;
}

function given(mechanism: SaslClient): Known {
  const { name, traits } = mechanism;
  return { name, traits, isWeak: false, make: () => () => mechanism };
}

function scram(hash: ScramHash, bindsChannel: boolean): Known {
  return {
    name: scramName(hash, bindsChannel),
    traits: scramTraits(bindsChannel),
    isWeak: false,
    make: (credentials) => {
      const { channelBindings = [], derivedKeys = null, password } = credentials;
      const keys = derivedKeys?.mechanism === hash.mechanism ? derivedKeys : null;
      if (password === null && keys === null) return null;
      const channelBinding = bindsChannel
        ? preferredBinding(channelBindings)
        : channelBindings.length > 0
          ? "not-offered"
          : null;
      return () => scramClient(hash, { ...credentials, channelBinding, derivedKeys: keys });
    },
  };
}

type WithPassword = Omit<NegotiationCredentials, "password"> & { readonly password: string };

function withPassword(
  name: string,
  make: (credentials: WithPassword) => SaslClient,
  isWeak: boolean,
  revealsPassword: boolean,
  carriesAuthorizationIdentity: boolean,
): Known {
  return {
    name,
    traits: { revealsPassword, carriesAuthorizationIdentity, bindsChannel: false },
    isWeak,
    make: ({ password, ...credentials }) =>
      typeof password === "string" ? () => make({ ...credentials, password }) : null,
  };
}

const HASHES: readonly ScramHash[] = [scramSha512, scramSha256, scramSha1];

/** Made when asked for, so that a bundle without this has nothing of it. */
const known = (): readonly Known[] => [
  ...HASHES.flatMap((hash) => [scram(hash, true), scram(hash, false)]),
  withPassword("PLAIN", plainClient, false, true, true),
  withPassword("CRAM-MD5", cramMd5Client, true, false, false),
  withPassword("LOGIN", loginClient, true, true, false),
];
