import type { Suite } from "../suite.ts";
import { contents } from "./client.ts";
import { listings } from "./listings.ts";
import { commands, idle, retrievals } from "./server.ts";
import { tops } from "./top.ts";

export function pop3(): Suite {
  return {
    tables: [listings(), contents(), commands(), retrievals(), tops()],
    notes: () => [idle()],
  };
}
