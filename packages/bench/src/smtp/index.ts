import type { Suite } from "../suite.ts";
import { addresses } from "./addresses.ts";
import { gigabyte, idle } from "./memory.ts";
import { pairs } from "./pairs.ts";
import { decoding } from "./replies.ts";
import { commands, messages } from "./server.ts";

export function smtp(): Suite {
  return {
    tables: [commands(), messages(), decoding(), addresses(), pairs()],
    notes: () => [idle(), gigabyte(false), gigabyte(true)],
  };
}
