/** Writes the jsr.json files: behind every change of a package.json that they mirror, a release's included. */
import { writeJsr } from "./jsr.ts";

writeJsr();
