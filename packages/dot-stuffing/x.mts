export { LineReader } from "./src/index.ts";
