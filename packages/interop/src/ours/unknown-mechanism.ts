import type { SaslClient } from "smtp-codec";

/** A mechanism that nobody has. */
export const unknownMechanism: SaslClient = {
  name: "X-UNHEARD-OF",
  start: () => ({ type: "response", bytes: null }),
  next: () => ({ type: "response", bytes: new Uint8Array(0) }),
  finish: () => ({ type: "success", serverProved: false }),
  abort: () => {},
};

export const UNKNOWN = unknownMechanism.name;
