import { type ChannelBinding, preferredBinding } from "../channel-binding.ts";
import { checkOptions, demandList, demandStrings } from "../check.ts";
import type { DerivingClient, SaslClient } from "../mechanism.ts";
import { type AnonymousClientOptions, anonymous, anonymousClient } from "../mechanisms/anonymous.ts";
import { cramMd5, cramMd5Client } from "../mechanisms/cram-md5.ts";
import { digestMd5, digestMd5Client } from "../mechanisms/digest-md5.ts";
import { external, externalClient } from "../mechanisms/external.ts";
import { login, loginClient } from "../mechanisms/login.ts";
import { oauthBearer, oauthBearerClient } from "../mechanisms/oauthbearer.ts";
import { plain, plainClient } from "../mechanisms/plain.ts";
import { type KeepsKeys, scramClient } from "../mechanisms/scram-client.ts";
import { xoauth2, xoauth2Client } from "../mechanisms/xoauth2.ts";
import { checkAccount, type OauthClient } from "../oauth/client.ts";
import type { ScramClientOptions } from "../scram/client-options.ts";
import { type ScramHash, scramSha1, scramSha256, scramSha512 } from "../scram/hash.ts";
import { describeScram } from "../scram/names.ts";
import { onlyAscii } from "../scram/options.ts";
import { preparePeers } from "../text/text.ts";
import type { Described } from "../traits.ts";
import { checkMechanisms, checkName, checkOffer, type Picked, type PickPolicy, pick } from "./pick.ts";

/** What a client can log in with: a name and a password or keys, a token, or what the server knows from elsewhere. */
export interface NegotiationCredentials<Other extends AnyClient = SaslClient>
  extends Omit<
    ScramClientOptions,
    "authenticationIdentity" | "password" | "channelBinding" | "channelBindings" | "nonce"
  > {
  /** Default: none, as EXTERNAL, OAUTHBEARER and ANONYMOUS can have it. OAUTHBEARER names it to the server. */
  readonly authenticationIdentity?: string;
  /** Octets serve SCRAM alone, which takes a text outside ASCII with `prepare` only. Default null: none. */
  readonly password?: string | Uint8Array | null;
  /** An OAuth 2.0 bearer token, for OAUTHBEARER and XOAUTH2. Default: none. */
  readonly token?: string;
  /** The host and the port connected to, for OAUTHBEARER, which can do without, and DIGEST-MD5. Default: not said. */
  readonly host?: string;
  readonly port?: number;
  /** The protocol's name, e.g. `"smtp"`, and the realm, for DIGEST-MD5, which needs the first. Default: not said. */
  readonly service?: string;
  readonly realm?: string;
  /** Whether the server has other credentials of the client's, e.g. a certificate, for EXTERNAL. Default false. */
  readonly external?: boolean;
  /** Whether to come in as nobody, by ANONYMOUS: the options of `anonymousClient`. Default: not. */
  readonly anonymous?: AnonymousClientOptions;
  /** The bindings of this connection, of which the one that {@link preferredBinding} gives is used. Default: none. */
  readonly channelBindings?: readonly ChannelBinding[];
  /**
   * Further mechanisms that the caller has made, e.g. of its own. They are picked by the same order, before known ones.
   */
  readonly others?: readonly Other[];
}

/** What the caller permits, and demands. */
export interface NegotiationPolicy extends PickPolicy {
  /** Whether only mechanisms that bind the channel are used. Default false. */
  readonly requireChannelBinding?: boolean;
  /**
   * Weak mechanisms to be used where there is nothing better: `"DIGEST-MD5"`, `"CRAM-MD5"`, `"LOGIN"`. Default: none.
   */
  readonly weak?: readonly string[];
}

const CREDENTIALS = [
  "authenticationIdentity",
  "password",
  "authorizationIdentity",
  "derivedKeys",
  "channelBindings",
  "minIterations",
  "maxIterations",
  "deriveKeys",
  "keepKeys",
  "prepare",
  "maxMessageLength",
  "token",
  "host",
  "port",
  "service",
  "realm",
  "external",
  "anonymous",
  "others",
] as const satisfies readonly (keyof NegotiationCredentials)[];

/** A mechanism that may have steps of its own. */
type AnyClient = SaslClient<{ readonly type: string }>;

/** A client that was negotiated, with what only some mechanisms have besides the steps. */
export type Negotiated<Client extends AnyClient = SaslClient> = Client &
  Partial<KeepsKeys & Pick<OauthClient, "refusal">>;

/**
 * Makes a client of credentials, which are inherited by an object of its own: a mechanism looks at those that it knows.
 * A text says why there is none.
 */
type Make = (credentials: NegotiationCredentials) => (() => SaslClient | DerivingClient) | string;
const MISSING = "credentials are missing";

/**
 * Picks the strongest mechanism that the server offers, the credentials suffice for and the policy permits, as
 * {@link pickMechanism} does, and makes it: SCRAM, bound to the channel where both sides can, before EXTERNAL, tokens
 * and PLAIN; what reveals a secret under TLS alone. Where the client could bind and the server's list has no `-PLUS`,
 * SCRAM tells the server so; one that did offer it then fails the exchange, since somebody has changed its list (RFC
 * 5802 §6).
 *
 * ```ts
 * const { mechanism, refused } = negotiate(capabilities, { authenticationIdentity: "tim", password }, { tls: true });
 * ```
 *
 * @param offered names as the server listed them, in any case
 * @returns `mechanism` null: nothing could be used; `refused` says why of each
 * @throws TypeError if an argument, or a part of it, is of another type; TypeError, RangeError if a credential is not
 *   acceptable to the mechanism that was picked
 */
export function negotiate<Other extends AnyClient = never>(
  offered: readonly string[],
  credentials: NegotiationCredentials<Other> & { readonly deriveKeys?: "in-place" },
  policy: NegotiationPolicy,
): Picked<Negotiated<SaslClient | Other>>;
export function negotiate<Other extends AnyClient = never>(
  offered: readonly string[],
  credentials: NegotiationCredentials<Other>,
  policy: NegotiationPolicy,
): Picked<Negotiated<SaslClient | DerivingClient | Other>>;
export function negotiate(
  offered: readonly string[],
  credentials: NegotiationCredentials<AnyClient>,
  policy: NegotiationPolicy,
): Picked<AnyClient> {
  checkOffer(offered, policy, ["tls", "allow", "weak", "requireChannelBinding"]);
  checkOptions(credentials, CREDENTIALS, "credentials");
  // The caller's object may be frozen, compute what it has, or be of a class with private members.
  const own = Object.fromEntries(CREDENTIALS.map((name) => [name, credentials[name]])) as NegotiationCredentials;
  const { channelBindings = [], authorizationIdentity = "", others = [] } = own;
  const { authenticationIdentity, password, prepare = onlyAscii, token, host, service } = own;
  const { requireChannelBinding = false, weak = [] } = policy;
  checkMechanisms("others", others);
  demandList("channelBindings", channelBindings, "object");
  demandList("weak", weak);
  demandStrings({ authenticationIdentity, token, host, service });

  // Who acts as itself needs no mechanism that can say so.
  const actsAsOther = authorizationIdentity !== "" && authorizationIdentity !== authenticationIdentity;
  const isUnprepared =
    typeof password === "string" && password !== "" && preparePeers(password, prepare, "stored") === null;
  // What the caller has made is asked for.
  const asked = new Set([...weak.map((name) => checkName("weak", name)), ...others.map(({ name }) => name)]);
  const unfit = ({ name, traits }: Described): string | null => {
    if (WEAK.includes(name) && !asked.has(name)) return "weak, and not asked for";
    if (!traits.bindsChannel && requireChannelBinding) return "does not bind the channel";
    return !traits.carriesAuthorizationIdentity && actsAsOther ? "carries no authorization identity" : null;
  };
  const reasons = new Map<string, string>();
  const candidates: (Described & { readonly make: () => AnyClient })[] = [];
  const made = others.map((mechanism) => [mechanism, () => () => mechanism] as const);
  for (const [described, make] of [...made, ...known(isUnprepared)]) {
    const { name, traits } = described;
    const factory = unfit(described) ?? make(Object.create(own));
    if (typeof factory === "string") reasons.set(name, factory);
    else candidates.push({ name, traits, make: factory });
  }
  const { mechanism, refused } = pick(offered, candidates, reasons, policy);
  return { mechanism: mechanism?.make() ?? null, refused };
}

const WEAK: readonly string[] = ["DIGEST-MD5", "CRAM-MD5", "LOGIN"];

/** Made when asked for, so that a bundle without this has nothing of it. */
const known = (isUnprepared: boolean): readonly (readonly [Described, Make])[] => [
  ...[scramSha512, scramSha256, scramSha1].flatMap((hash) =>
    [true, false].map((bindsChannel) => scram(hash, bindsChannel, isUnprepared)),
  ),
  [external, (credentials) => (credentials.external ? () => externalClient(credentials) : MISSING)],
  [oauthBearer, withTexts(ownersToken, "token")],
  [xoauth2, withTexts(xoauth2Client, "token", "authenticationIdentity")],
  [plain, withTexts(plainClient, "authenticationIdentity", "password")],
  [anonymous, ({ anonymous }) => (anonymous ? () => anonymousClient(anonymous) : MISSING)],
  [digestMd5, withTexts(digestMd5Client, "authenticationIdentity", "password", "service", "host")],
  [cramMd5, withTexts(cramMd5Client, "authenticationIdentity", "password")],
  [login, withTexts(loginClient, "authenticationIdentity", "password")],
];

/** @param isUnprepared whether SCRAM can have no keys of the password, as long as nobody prepares it */
function scram(hash: ScramHash, bindsChannel: boolean, isUnprepared: boolean): readonly [Described, Make] {
  const make: Make = (credentials) => {
    const { authenticationIdentity, channelBindings = [], derivedKeys: given = null } = credentials;
    const binding = preferredBinding(channelBindings);
    if (bindsChannel && binding === null) return "no channel binding is at hand";
    const password = isUnprepared ? null : (credentials.password ?? null);
    const derivedKeys = given?.mechanism === hash.mechanism ? given : null;
    if (authenticationIdentity === undefined) return MISSING;
    if (password === null && derivedKeys === null)
      return isUnprepared ? "the password needs prepare, or is refused by it" : MISSING;
    const channelBinding = bindsChannel || binding === null ? binding : "not-offered";
    return () =>
      scramClient(hash, Object.assign(credentials, { password, channelBinding, derivedKeys }) as ScramClientOptions);
  };
  return [describeScram(hash, bindsChannel), make];
}

/**
 * Servers such as Dovecot and Gmail's look for the account in the header, where RFC 7628 §3.1 has an authorization
 * identity, and that need not be another's.
 */
function ownersToken(credentials: WithTexts<"token">): SaslClient {
  const { authenticationIdentity: name, prepare } = credentials;
  const account =
    name && !credentials.authorizationIdentity ? { authorizationIdentity: checkAccount(name, prepare) } : {};
  return oauthBearerClient(Object.assign(credentials, account));
}

type Text = "authenticationIdentity" | "password" | "token" | "service" | "host";
type WithTexts<Name extends Text> = NegotiationCredentials & Readonly<Record<Name, string>>;

/** What needs these texts. A password of octets is none. */
function withTexts<Name extends Text>(
  make: (credentials: WithTexts<Name>) => SaslClient,
  ...names: readonly Name[]
): Make {
  return (credentials) =>
    names.every((name) => typeof credentials[name] === "string") ? () => make(credentials as WithTexts<Name>) : MISSING;
}
