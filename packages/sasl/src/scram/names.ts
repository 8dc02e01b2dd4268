import type { ChannelBinding } from "../channel-binding.ts";
import { demandList } from "../check.ts";
import { type Described, describe } from "../traits.ts";
import { checkScram, type ScramHash } from "./hash.ts";

/** The name under which an exchange is bound to its channel, or the other one. */
function scramName({ mechanism }: ScramHash, isBound: boolean): string {
  return isBound ? `${mechanism}-PLUS` : mechanism;
}

/** RFC 5802 §5.2. */
export function describeScram(hash: ScramHash, bindsChannel: boolean): Described {
  return describe(scramName(hash, bindsChannel), {
    sendsFinalData: true,
    carriesAuthorizationIdentity: true,
    provesServer: true,
    bindsChannel,
  });
}

/** What a server of SCRAM has to bind exchanges to. */
export interface ScramBindingOptions {
  /** The bindings of this connection: a client that names another type is refused. Default: none. */
  readonly channelBindings?: readonly ChannelBinding[];
  /** Whether an exchange that is not bound fails. Default false. */
  readonly requireChannelBinding?: boolean;
}

/**
 * The names that a server announces for a hash (RFC 5802 §6): with bindings at hand both, the bound one first; with
 * binding required that one only; else the bare one. The servers must be given the same two.
 *
 * @throws TypeError if an argument is not acceptable
 */
export function scramNames(hash: ScramHash, options: ScramBindingOptions = {}): string[] {
  const { channelBindings = [], requireChannelBinding = false } = checkScram(hash, options, [
    "channelBindings",
    "requireChannelBinding",
  ]);
  demandList("channelBindings", channelBindings, "object");
  const names = channelBindings.length > 0 ? [scramName(hash, true)] : [];
  return requireChannelBinding ? names : [...names, scramName(hash, false)];
}
