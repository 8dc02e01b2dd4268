/** Writes the jsr.json files: after every change of a package.json that they mirror, a release's included. */
import { writeJsr } from "./jsr.ts";

writeJsr();
