/** The runtimes, as peers: they run our programs. */
import type { Peer } from "../check.ts";
import { chromium } from "./chromium.ts";
import { bun, deno, node } from "./programs.ts";
import { workerd } from "./workerd.ts";

export const runtimes: readonly Peer[] = [node, deno, bun, workerd, chromium];
