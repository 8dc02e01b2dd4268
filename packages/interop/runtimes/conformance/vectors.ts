/** The mechanisms' vectors, both roles, and those of what mechanisms stand on. */
import files from "files:sasl/test/vectors";
import {
  anonymousClient,
  anonymousServer,
  apopDigest,
  type ChannelBinding,
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
  parseGs2Header,
  parseScramKeys,
  plainClient,
  plainServer,
  type SaslClient,
  type SaslServer,
  type ServerStep,
  scramClient,
  scramServer,
  scramSha1,
  scramSha256,
  scramSha512,
  xoauth2Client,
  xoauth2Server,
} from "sasl";
import { saslprep } from "sasl/saslprep";
import type { Log } from "./log.ts";

interface Vector {
  readonly mechanism: string;
  readonly inputs: Readonly<Record<string, string | number | undefined>>;
  readonly messages?: readonly { readonly from: "C" | "S"; readonly text?: string; readonly base64?: string }[];
}

const encoder = new TextEncoder();
const fromBase64 = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
const hashes = [scramSha1, scramSha256, scramSha512];
const hashOf = (name: string) => hashes.find(({ mechanism }) => mechanism === name.replace(/-PLUS$/, ""))!;

/** What the vectors call an input, whatever the mechanism. */
class Inputs {
  readonly #inputs: Vector["inputs"];

  constructor(inputs: Vector["inputs"]) {
    this.#inputs = inputs;
  }

  text(...names: readonly string[]): string {
    const name = names.find((one) => this.#inputs[one] !== undefined);
    return name === undefined ? "" : String(this.#inputs[name]);
  }

  get authorizationIdentity(): string {
    return this.text("authzid");
  }

  get user() {
    return {
      authenticationIdentity: this.text("username", "authcid"),
      password: this.text("password"),
      prepare: saslprep,
    };
  }

  get token() {
    return {
      authorizationIdentity: this.authorizationIdentity,
      host: this.text("host") || "mx.example.com",
      port: Number(this.text("port")) || 587,
      token: this.text("token"),
    };
  }

  get binding(): ChannelBinding | null {
    const type = this.text("channelBindingType") as ChannelBinding["type"] | "";
    const data = fromHex(this.text("channelBindingHex"));
    if (type === "") return null;
    return type === "tls-unique" ? { type, data, tlsVersion: "TLSv1.2", session: "not-resumed" } : { type, data };
  }
}

/** @throws what the mechanism throws for inputs that are none */
function clientOf(mechanism: string, inputs: Inputs): SaslClient {
  const { user, token, authorizationIdentity } = inputs;
  const [service = "", host = ""] = inputs.text("digestUri").split("/");
  switch (mechanism) {
    case "PLAIN":
      return plainClient({ ...user, authorizationIdentity });
    case "LOGIN":
      return loginClient(user);
    case "CRAM-MD5":
      return cramMd5Client(user);
    case "DIGEST-MD5":
      return digestMd5Client({ ...user, authorizationIdentity, service, host, cnonce: inputs.text("cnonce") });
    case "EXTERNAL":
      return externalClient({ authorizationIdentity });
    case "ANONYMOUS":
      return anonymousClient({ trace: inputs.text("trace") });
    case "OAUTHBEARER":
      return oauthBearerClient(token);
    case "XOAUTH2":
      return xoauth2Client({
        authenticationIdentity: user.authenticationIdentity,
        prepare: saslprep,
        token: token.token,
      });
    default: {
      const notOffered = inputs.text("gs2CbindFlag") === "y" ? "not-offered" : null;
      const channelBinding = inputs.binding ?? notOffered;
      return scramClient(hashOf(mechanism), {
        ...user,
        authorizationIdentity,
        nonce: inputs.text("clientNonce"),
        channelBinding,
      });
    }
  }
}

/** @throws as `clientOf` */
function serverOf(mechanism: string, inputs: Inputs): SaslServer {
  const [service = "", host = ""] = inputs.text("digestUri").split("/");
  switch (mechanism) {
    case "PLAIN":
      return plainServer({ prepare: saslprep });
    case "LOGIN":
      return loginServer({ prepare: saslprep });
    case "CRAM-MD5":
      return cramMd5Server({ challenge: inputs.text("challenge"), prepare: saslprep });
    case "DIGEST-MD5":
      return digestMd5Server({
        nonce: inputs.text("nonce"),
        service,
        hosts: [host],
        realms: inputs.text("realm") === "" ? [] : [inputs.text("realm")],
        prepare: saslprep,
      });
    case "EXTERNAL":
      return externalServer({ authenticationIdentity: "fred@example.com" });
    case "ANONYMOUS":
      return anonymousServer();
    case "OAUTHBEARER":
      return oauthBearerServer();
    case "XOAUTH2":
      return xoauth2Server();
    default:
      return scramServer(hashOf(mechanism), {
        secret: encoder.encode("a secret of the server"),
        nonce: inputs.text("serverNoncePart"),
        plus: mechanism.endsWith("-PLUS"),
        channelBindings: inputs.binding === null ? [] : [inputs.binding],
        prepare: saslprep,
      });
  }
}

/** The application knows the vector's user, and lets everybody act as everybody. */
function answer(server: SaslServer, step: ServerStep, mechanism: string, inputs: Inputs): ServerStep {
  const { password } = inputs.user;
  switch (step.type) {
    case "verify":
      return step.password === password ? server.accept() : server.reject();
    case "verify-token":
      return server.accept("tim");
    case "lookup": {
      if (!mechanism.startsWith("SCRAM-")) return server.provide({ password });
      const salt = fromBase64(inputs.text("saltBase64"));
      const iterations = Number(inputs.text("iterations"));
      return server.provide(
        makeScramKeys(hashOf(mechanism), { password, prepare: saslprep, salt, iterations, minIterations: 1 }),
      );
    }
    case "authorize":
      return server.accept();
    case "anonymous":
      return server.accept("anonymous");
    default:
      return step;
  }
}

function playClient(
  log: Log,
  { mechanism, messages = [] }: Vector,
  inputs: Inputs,
  read: (at: number) => Uint8Array,
): void {
  const client = clientOf(mechanism, inputs);
  let said = client.start();
  for (const [at, { from }] of messages.entries()) {
    if (from !== "S" || said.type === "failure") continue;
    // Its first word stands before the server's, where it speaks first.
    log.event(said);
    said = client.next(read(at));
  }
  log.event(said);
  if (said.type !== "failure") log.event(client.finish());
}

function playServer(
  log: Log,
  { mechanism, messages = [] }: Vector,
  inputs: Inputs,
  read: (at: number) => Uint8Array,
): void {
  const server = serverOf(mechanism, inputs);
  const settle = (step: ServerStep): ServerStep => {
    log.event(step);
    const next = answer(server, step, mechanism, inputs);
    return next === step ? step : settle(next);
  };
  let step: ServerStep | null = messages[0]?.from === "S" ? settle(server.next(null)) : null;
  for (const [at, { from }] of messages.entries()) {
    if (from === "C" && (step === null || step.type === "challenge")) step = settle(server.next(read(at)));
  }
}

/** Every vector, whether it is an exchange or another thing. */
export function vectors(log: Log): void {
  for (const [name, text] of Object.entries(files)) {
    for (const vector of JSON.parse(text) as readonly Vector[]) {
      log.items++;
      const inputs = new Inputs(vector.inputs);
      const through = (input: string) => new TextDecoder().decode(log.input(encoder.encode(input)));
      const read = (at: number) => {
        const { text: said = "", base64 } = vector.messages![at]!;
        return log.input(base64 === undefined ? encoder.encode(said) : fromBase64(base64));
      };
      log.attempt(() => {
        switch (name) {
          case "saslprep.json": {
            const units = inputs.text("inputUtf16Hex").match(/[0-9a-f]{4}/gi) ?? [];
            const input = units.map((unit) => String.fromCharCode(Number.parseInt(unit, 16))).join("");
            const given = input === "" ? through(inputs.text("input")) : input;
            return log.event([saslprep(given, "query"), saslprep(given, "stored")]);
          }
          case "gs2.json":
            return log.event(parseGs2Header(through(`${inputs.text("header")}n=user`)));
          case "scram-stored.json":
            return log.event(parseScramKeys(through(inputs.text("stored"))));
          case "apop.json":
            return log.event(apopDigest(through(inputs.text("timestamp")), inputs.text("preparedSecret", "secret")));
          default:
            log.attempt(() => playClient(log, vector, inputs, read));
            return playServer(log, vector, inputs, read);
        }
      });
    }
  }
}
