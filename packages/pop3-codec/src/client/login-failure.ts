import type { Capabilities } from "../syntax/capabilities.ts";
import type { Response, ResponseCode } from "../syntax/response.ts";
import type { ClientVerb } from "./table.ts";

/** Why a login failed, as far as the server says (RFC 2449 §8.1, RFC 3206). */
export type LoginFailure =
  /** AUTH: name, password or the like are wrong; another attempt with the same is of no use. */
  | "credentials-refused"
  /** IN-USE, LOGIN-DELAY: the credentials were accepted, and the maildrop can be opened later. */
  | "try-later"
  /** SYS/TEMP: not the credentials; another attempt later may succeed. */
  | "temporary"
  /** SYS/PERM: not the credentials; somebody has to mend something. */
  | "permanent"
  /** Not the credentials, of which a server that announces AUTH-RESP-CODE would have said so. */
  | "not-the-credentials"
  /**
   * The mechanism, or the session, broke the exchange off: `text` says why. Or `quit()` gave a login up that had
   * thrown.
   */
  | "broken-off"
  | "unknown";

const CAUSES: { readonly [Code in ResponseCode]?: LoginFailure } = {
  AUTH: "credentials-refused",
  "IN-USE": "try-later",
  "LOGIN-DELAY": "try-later",
  "SYS/TEMP": "temporary",
  "SYS/PERM": "permanent",
  SYS: "not-the-credentials",
};

/**
 * Why a login failed whose response this is; null: it never came.
 *
 * @param verb `"greeting"`: it ends the login before any command
 */
export function loginFailure(
  verb: ClientVerb | "greeting",
  response: Response | null,
  capabilities: Capabilities | null,
): LoginFailure {
  if (response === null) return "unknown";
  const { actsAs } = response;
  const cause = actsAs === null || isTooEarly(actsAs, verb) ? undefined : CAUSES[actsAs];
  return cause ?? (capabilities?.tags.has("AUTH-RESP-CODE") ? "not-the-credentials" : "unknown");
}

/**
 * Before the credentials are complete nobody can know that the maildrop is in use (RFC 2449 §8.1.2), and before there
 * are any nothing of them.
 */
function isTooEarly(code: ResponseCode, verb: ClientVerb | "greeting"): boolean {
  return (code === "IN-USE" && verb === "USER") || (verb === "greeting" && !code.startsWith("SYS"));
}
