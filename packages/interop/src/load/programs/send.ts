/** Our client: `send.ts '{"port": port, "connections": count, "messages": count, "size": octets, "hold": boolean}'`. */
import { type Sending, sendMessages } from "../sending.ts";

await sendMessages(JSON.parse(process.argv[2] ?? "{}") as Sending);
