/** What the caller hands in is read when it is taken, however it holds its values, and neither kept nor written to. */
import {
  digestMd5Server,
  loginServer,
  type NegotiationCredentials,
  negotiate,
  type PlainClientOptions,
  plainClient,
  type SaslServer,
  scramServer,
  scramSha256,
} from "sasl";
import { describe, expect, it } from "vitest";
import { mechanisms, sent, smallPrepare, text, utf8 } from "./support.ts";

const own = { authenticationIdentity: "tim", password: "secret" };
const said = (step: ReturnType<SaslServer["next"]>) => (step.type === "challenge" ? text(step.bytes) : step.type);

/** Credentials that an application has in a class of its own. */
class Account implements NegotiationCredentials, PlainClientOptions {
  readonly #password = "secret";

  get authenticationIdentity(): string {
    return "tim";
  }

  get password(): string {
    return this.#password;
  }
}

describe("credentials and options of any make", () => {
  const accessors: typeof own = {
    get authenticationIdentity() {
      return "tim";
    },
    get password() {
      return "secret";
    },
  };
  it.each<[string, typeof own]>([
    ["a frozen object", Object.freeze({ ...own })],
    ["an object with accessors", accessors],
    ["an instance with private members", new Account()],
    ["an object that inherits them", Object.create(own)],
    ["an object without a prototype", Object.assign(Object.create(null), own)],
  ])("%s", (_, credentials) => {
    const offered = ["SCRAM-SHA-256", "PLAIN", "DIGEST-MD5", "CRAM-MD5", "LOGIN"];
    const policy = { tls: true, weak: ["DIGEST-MD5", "CRAM-MD5", "LOGIN"] };
    for (const name of offered) {
      if (name === "DIGEST-MD5") continue;
      expect(negotiate([name], credentials, policy).mechanism?.name).toBe(name);
    }
    const place = Object.freeze({ ...own, service: "smtp", host: "mx.example.com" });
    expect(negotiate(offered.slice(2), place, policy).mechanism?.name).toBe("DIGEST-MD5");
    expect(sent(plainClient(credentials).start())).toBe("\0tim\0secret");
  });
});

describe("what changes afterwards changes nothing", () => {
  it("the prompts of LOGIN", () => {
    const prompts: [string, string] = ["Name:", "Word:"];
    const server = loginServer({ prompts });
    prompts.fill("?");
    expect(said(server.next(null))).toBe("Name:");
    expect(said(server.next(utf8("tim")))).toBe("Word:");
  });

  it("the realms, the hosts and the options of DIGEST-MD5", () => {
    const options = {
      nonce: "N",
      realms: ["a"],
      hosts: ["mx.example.com"],
      prepare: smallPrepare,
    };
    const server = digestMd5Server(options);
    options.realms.fill("b");
    options.hosts.fill("other.example.com");
    options.prepare = () => "changed";
    server.next(null);
    const answer =
      'username="tim",realm="a",nonce="N",cnonce="C",nc=00000001,qop=auth,digest-uri="smtp/mx.example.com",charset=utf-8';
    const lookup = server.next(utf8(`${answer},response=${"0".repeat(32)}`));
    expect(lookup).toMatchObject({ type: "lookup", authenticationIdentity: "tim", realm: "a" });
    expect(server.provide({ password: "secret" })).toMatchObject({ reason: "wrong-credentials" });
  });

  it("the options of SCRAM, which can be frozen", () => {
    const prepare = (name: string) => name;
    const options = { secret: utf8("a secret of the server"), plainPasswords: true, prepare, nonce: "S" };
    const [changed, frozen] = [
      scramServer(scramSha256, options),
      scramServer(scramSha256, Object.freeze({ ...options })),
    ];
    options.prepare = () => "changed";
    for (const server of [changed, frozen]) {
      expect(server.next(utf8("n,,n=tim,r=C"))).toMatchObject({ type: "lookup", authenticationIdentity: "tim" });
    }
    expect(said(changed.provide({ password: "secret" }))).toBe(said(frozen.provide({ password: "secret" })));
  });

  it.each(mechanisms)("the traits of $name cannot be changed", ({ client, server }) => {
    for (const { traits } of [client(), server()]) {
      expect(() => Object.assign(traits, { revealsPassword: false, provesServer: true })).toThrow(TypeError);
    }
  });
});
