import type { MechanismTraits } from "./mechanism.ts";

/** What a mechanism is called, and what it does. */
export interface Described {
  readonly name: string;
  readonly traits: MechanismTraits;
}

/**
 * A mechanism's name, and where its traits differ from these. It is called at import, with a mark that lets a bundler
 * leave out what nobody uses.
 */
export function describe(name: string, traits: Partial<MechanismTraits>): Described {
  return {
    name,
    // Every exchange of the mechanism has this object.
    traits: Object.freeze({
      speaksFirst: "client",
      sendsFinalData: false,
      carriesAuthorizationIdentity: false,
      revealsPassword: false,
      provesServer: false,
      bindsChannel: false,
      negotiatesSecurityLayer: false,
      ...traits,
    }),
  };
}
