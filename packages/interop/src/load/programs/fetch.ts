/** Our POP3 client: `fetch.ts '{"port": port, "messages": count, "size": octets}'`. */
import { retrieve } from "../../ours/retrieve.ts";
import { BOB } from "../../world.ts";

const { port, messages, size } = JSON.parse(process.argv[2] ?? "{}");
const retrieved = await retrieve({ port, certificate: "", tls: "none", user: BOB, keep: false });
const { fetched = [] } = retrieved.report ?? {};
if (fetched.length !== messages)
  throw new Error(`${fetched.length} of ${messages} messages came: ${retrieved.failure}`);
const wrong = fetched.find((one) => one.size !== size);
if (wrong !== undefined) throw new Error(`a message has ${wrong.size} octets instead of ${size}`);
