import { checkOptions, demand, demandList } from "../check.ts";
import { ClientExchange } from "../exchange/client.ts";
import type { ExchangeOptions } from "../exchange/limit.ts";
import { ServerExchange } from "../exchange/server.ts";
import { challenge, readText, response, verify } from "../exchange/steps.ts";
import { failure } from "../failure.ts";
import type { SaslClient, SaslServer, ServerStep } from "../mechanism.ts";
import { type PrepareOption, prepareOwn } from "../text/text.ts";
import { type Described, describe } from "../traits.ts";
import { encodeUtf8 } from "../web.ts";

export const login: Described = /* @__PURE__ */ describe("LOGIN", { speaksFirst: "server", revealsPassword: true });

/** Options of {@link loginClient}. */
export interface LoginClientOptions extends ExchangeOptions, PrepareOption {
  readonly authenticationIdentity: string;
  readonly password: string;
}

/**
 * LOGIN, client (draft-murchison-sasl-login-00 §2): the first challenge is answered with the name, the second with the
 * password, whatever they say. Obsolete: PLAIN does the same in one message.
 *
 * @throws TypeError, RangeError if an option is not acceptable: empty, with NUL, or with an unpaired surrogate
 */
export function loginClient(options: LoginClientOptions): SaslClient {
  const { prepare } = checkOptions(options, ["authenticationIdentity", "password", "prepare", "maxMessageLength"]);
  const authenticationIdentity = prepareOwn("authenticationIdentity", options.authenticationIdentity, prepare);
  const password = encodeUtf8(prepareOwn("password", options.password, prepare));
  return new ClientExchange(
    login,
    {
      start: () => response(null),
      next: (_, turn) => {
        if (turn === 0) return response(encodeUtf8(authenticationIdentity));
        return turn === 1 ? response(password.slice()) : failure("unexpected-challenge");
      },
      isComplete: (turns) => turns === 2,
      wipe: () => void password.fill(0),
    },
    options,
  );
}

/** Options of {@link loginServer}. */
export interface LoginServerOptions extends ExchangeOptions, PrepareOption {
  /** Whether an initial response is taken as the name, as deployed clients send it. Default true. */
  readonly allowInitialResponse?: boolean;
  /**
   * What the name and the password are asked with. Default `Username:` and `Password:`, which deployed clients insist
   * on; the draft's own example has `User Name` NUL and `Password` NUL.
   */
  readonly prompts?: readonly [name: string, password: string];
}

/**
 * LOGIN, server (draft-murchison-sasl-login-00 §2). The application answers "verify".
 *
 * @throws TypeError, RangeError if an option is not acceptable
 */
export function loginServer(options: LoginServerOptions = {}): SaslServer {
  const {
    allowInitialResponse = true,
    prompts: givenPrompts = ["Username:", "Password:"],
    prepare,
  } = checkOptions(options, ["allowInitialResponse", "prompts", "prepare", "maxMessageLength"]);
  demandList("prompts", givenPrompts);
  const [forName, forPassword, ...others] = givenPrompts;
  demand(forPassword !== undefined && others.length === 0, "prompts", "two texts");
  let authenticationIdentity: string | null = null;

  const read = (message: Uint8Array, take: (text: string) => ServerStep): ServerStep =>
    readText(message, (text) => (text === "" || text.includes("\0") ? failure("malformed-message") : take(text)));
  const takeName = (text: string): ServerStep => {
    authenticationIdentity = text;
    return challenge(forPassword);
  };
  const start = (message: Uint8Array | null): ServerStep => {
    if (message === null) return challenge(forName);
    return allowInitialResponse ? read(message, takeName) : failure("unexpected-response");
  };
  const next = (message: Uint8Array): ServerStep =>
    read(message, (text) =>
      authenticationIdentity === null
        ? takeName(text)
        : verify({ authenticationIdentity, authorizationIdentity: null, password: text }, prepare),
    );
  return new ServerExchange(login, { start, next }, options);
}
