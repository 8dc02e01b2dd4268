/** Runs a bundle in a process of its own, so that a planted bug that hangs can be ended. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [file, ...args] = process.argv.slice(2);
const { run } = await import(file);
process.exitCode = run(join(dirname(fileURLToPath(import.meta.url)), "../.."), args);
