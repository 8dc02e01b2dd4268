import type { Suite } from "../suite.ts";
import { nativeDerivations, ownDerivations } from "./derivations.ts";
import { exchanges } from "./exchanges.ts";
import { preparations } from "./saslprep.ts";

export function sasl(): Suite {
  return { tables: [preparations(), exchanges(), nativeDerivations(), ownDerivations()] };
}
