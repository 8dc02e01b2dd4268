import { library } from "../tools/src/library.ts";

export default library(import.meta.dirname);
