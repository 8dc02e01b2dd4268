import fc from "fast-check";
import { checkOptions, demand, demandList } from "../check.ts";
import {
  anonymousClient,
  anonymousServer,
  type ChannelBinding,
  type Credentials,
  cramMd5Client,
  cramMd5Server,
  digestMd5Client,
  digestMd5Server,
  externalClient,
  externalServer,
  loginClient,
  loginServer,
  makeScramKeys,
  oauthBearerClient,
  oauthBearerServer,
  plainClient,
  plainServer,
  type SaslClient,
  type SaslServer,
  type ScramHash,
  type ServerStep,
  scramClient,
  scramServer,
  scramSha1,
  scramSha256,
  scramSha512,
  xoauth2Client,
  xoauth2Server,
} from "../index.ts";
import { toHex } from "../octets.ts";
import { encodeUtf8 } from "../web.ts";

/** An exchange that succeeds. The factories make a new object for the same exchange, nonces included, at every call. */
export interface Exchange {
  readonly mechanism: string;
  readonly authenticationIdentity: string;
  /** Whom the client asks to act as; null: nobody else. */
  readonly authorizationIdentity: string | null;
  /** A token, and the trace of ANONYMOUS, are its hexadecimal digits, or some of them. EXTERNAL does without. */
  readonly password: string;
  /** How many messages it has, the data of its success included. */
  readonly messages: number;
  readonly client: () => SaslClient;
  readonly server: () => SaslServer;
  /** The application's part: it knows the user above alone, and lets him act as the authorization identity. */
  readonly answer: (server: SaslServer, step: ServerStep) => ServerStep;
}

/** Which exchanges are wanted. */
export interface ExchangesOptions {
  /** Names of mechanisms. Default: every one in {@link mechanismNames}. */
  readonly mechanisms?: readonly string[];
}

/** What the exchanges of all mechanisms have in common. */
interface User {
  readonly authenticationIdentity: string;
  readonly authorizationIdentity: string | null;
  readonly password: string;
}

type Sides = Pick<Exchange, "client" | "server" | "messages"> & { readonly credentials: Credentials };
type Maker = (user: User) => fc.Arbitrary<Sides>;

const hashes: readonly ScramHash[] = [scramSha1, scramSha256, scramSha512];

const makers: Readonly<Record<string, Maker>> = {
  PLAIN: (user) =>
    fc.constant({
      client: () => plainClient({ ...user, authorizationIdentity: user.authorizationIdentity ?? "" }),
      server: () => plainServer(),
      messages: 1,
      credentials: user,
    }),
  LOGIN: (user) =>
    fc.constant({
      client: () => loginClient(nameAndPassword(user)),
      server: () => loginServer(),
      messages: 4,
      credentials: user,
    }),
  "CRAM-MD5": (user) =>
    part.map((unique) => ({
      client: () => cramMd5Client(nameAndPassword(user)),
      server: () => cramMd5Server({ challenge: `<${unique.replace(/[<>@]/g, "_")}@example.com>` }),
      messages: 2,
      credentials: user,
    })),
  "DIGEST-MD5": (user) =>
    fc
      .record({ nonces: fc.tuple(part, part), realms: fc.array(text, { maxLength: 3 }), realm: fc.option(text) })
      .map(({ nonces: [nonce, cnonce], realms, realm }) => ({
        client: () =>
          digestMd5Client({
            ...user,
            authorizationIdentity: user.authorizationIdentity ?? "",
            service: "imap",
            host: "example.com",
            cnonce,
            ...(realm === null ? {} : { realm }),
          }),
        server: () => digestMd5Server({ nonce, realms, service: "imap", hosts: ["example.com"] }),
        messages: 3,
        credentials: user,
      })),
  EXTERNAL: (user) =>
    fc.constant({
      client: () => externalClient({ authorizationIdentity: user.authorizationIdentity ?? "" }),
      server: () => externalServer({ authenticationIdentity: user.authenticationIdentity }),
      messages: 1,
      credentials: user,
    }),
  ANONYMOUS: (user) =>
    fc.constant({
      client: () => anonymousClient({ trace: tokenOf(user) }),
      server: () => anonymousServer(),
      messages: 1,
      credentials: user,
    }),
  OAUTHBEARER: (user) =>
    fc.option(fc.integer({ min: 1, max: 65_535 })).map((port) => {
      const place = { host: "mx.example.com", ...(port === null ? {} : { port }) };
      return {
        client: () =>
          oauthBearerClient({
            ...place,
            token: tokenOf(user),
            authorizationIdentity: user.authorizationIdentity ?? "",
          }),
        server: () => oauthBearerServer(place),
        messages: 1,
        credentials: user,
      };
    }),
  XOAUTH2: (user) =>
    fc.constant({
      client: () => xoauth2Client({ authenticationIdentity: user.authenticationIdentity, token: tokenOf(user) }),
      server: () => xoauth2Server(),
      messages: 1,
      credentials: user,
    }),
  ...Object.fromEntries(
    hashes.flatMap((hash) => [
      [`${hash.mechanism}-PLUS`, scramMaker(hash, true)],
      [hash.mechanism, scramMaker(hash, false)],
    ]),
  ),
};

/** The mechanisms that there are exchanges of. */
export const mechanismNames: readonly string[] = Object.keys(makers);

/** Mechanisms that carry no authorization identity. */
const WITHOUT_AUTHORIZATION = ["LOGIN", "CRAM-MD5", "ANONYMOUS", "XOAUTH2"];

/**
 * A name or password: any characters but control characters in ASCII, which servers of PLAIN and LOGIN refuse; often
 * such as separate what some mechanism sends.
 */
const character = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 1 }) },
  { weight: 1, arbitrary: fc.constantFrom(...' ,="\\:@/a') },
);
const text = fc
  .string({ unit: character, minLength: 1, maxLength: 40, size: "max" })
  .filter((value) => !/[\0-\x1f\x7f]/.test(value));

/** A token, or a trace, of at most 255 characters, that only this user has. */
const tokenOf = ({ password }: User): string => toHex(encodeUtf8(password)).slice(0, 255);

const nameAndPassword = ({ authenticationIdentity, password }: User) => ({ authenticationIdentity, password });

/** A part of a nonce or challenge. */
const part = fc.stringMatching(/^[!-+\--~]{1,30}$/, { size: "max" });

/**
 * Exchanges that succeed, over any names, passwords, authorization identities, and what else the mechanism has: nonces,
 * salts, few iterations, channel bindings. Names and passwords have 1 to 40 characters, tokens and traces up to 255,
 * nonces 1 to 30, salts 1 to 32 octets, channel bindings 1 to 48, of any length in between; iterations are 1 to 4.
 * Every mechanism comes equally often, if no others are asked for.
 *
 * @throws TypeError if the options are of another type, RangeError unless there are exchanges of all that are named
 */
export function exchanges(options: ExchangesOptions = {}): fc.Arbitrary<Exchange> {
  const { mechanisms = mechanismNames } = checkOptions(options, ["mechanisms"]);
  demandList("mechanisms", mechanisms);
  const areKnown = mechanisms.length > 0 && mechanisms.every((name) => mechanismNames.includes(name));
  demand(areKnown, "mechanisms", `some of ${mechanismNames.join(", ")}`);
  const one = fc.constantFrom(...mechanisms);
  return fc.tuple(one, text, fc.option(text), text).chain(([mechanism, authenticationIdentity, other, password]) => {
    const authorizationIdentity = WITHOUT_AUTHORIZATION.includes(mechanism) ? null : other;
    const user: User = { authenticationIdentity, authorizationIdentity, password };
    return makers[mechanism]!(user).map(({ credentials, ...sides }) => ({
      mechanism,
      ...user,
      ...sides,
      answer: (server, step) => answer(user, credentials, server, step),
    }));
  });
}

function answer(user: User, credentials: Credentials, server: SaslServer, step: ServerStep): ServerStep {
  if (step.type === "challenge" || step.type === "success" || step.type === "failure") return step;
  const { authenticationIdentity } = user;
  const isKnown = step.authenticationIdentity === authenticationIdentity;
  if (step.type === "lookup") return server.provide(isKnown ? credentials : null);
  if (step.authorizationIdentity !== user.authorizationIdentity) return server.reject("not-authorized");
  switch (step.type) {
    case "authorize":
      return server.accept();
    case "verify":
      return isKnown && step.password === user.password ? server.accept() : server.reject();
    case "verify-token": {
      const isOwner = isKnown || step.authenticationIdentity === null;
      return isOwner && step.token === tokenOf(user) ? server.accept(authenticationIdentity) : server.reject();
    }
    case "anonymous":
      return step.trace === tokenOf(user) ? server.accept(authenticationIdentity) : server.reject();
  }
}

function scramMaker(hash: ScramHash, plus: boolean): Maker {
  return ({ authenticationIdentity, authorizationIdentity, password }) =>
    fc
      .record({
        nonces: fc.tuple(part, part),
        salt: octets(1, 32),
        iterations: fc.integer({ min: 1, max: 4 }),
        secret: octets(16, 32),
        binding,
        couldBind: fc.boolean(),
      })
      .map(({ nonces: [clientNonce, serverNonce], salt, iterations, secret, binding, couldBind }) => {
        const common = { minIterations: 1, prepare: (name: string) => name };
        return {
          client: () =>
            scramClient(hash, {
              authenticationIdentity,
              authorizationIdentity: authorizationIdentity ?? "",
              password,
              nonce: clientNonce,
              channelBinding: plus ? binding : couldBind ? "not-offered" : null,
              maxIterations: 8,
              ...common,
            }),
          server: () =>
            scramServer(hash, {
              secret,
              nonce: serverNonce,
              plus,
              channelBindings: plus ? [binding] : [],
              unknownUser: { iterations, saltLength: 16 },
              ...common,
            }),
          messages: 4,
          credentials: makeScramKeys(hash, { ...common, password, salt, iterations }),
        };
      });
}

function octets(minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength, maxLength, size: "max" });
}

const binding: fc.Arbitrary<ChannelBinding> = fc.oneof(
  octets(32, 32).map((data) => ({ type: "tls-exporter", data }) as const),
  octets(1, 48).map((data) => ({ type: "tls-server-end-point", data }) as const),
  octets(12, 36).map(
    (data) => ({ type: "tls-unique", data, tlsVersion: "TLSv1.2", session: "extended-master-secret" }) as const,
  ),
);
