/**
 * So many messages in a row over one connection, both ends in this process; prints the heap in use after each thousand.
 */
import { Sink } from "../../ours/sink.ts";
import { sendMessages } from "../sending.ts";

const { messages, size } = JSON.parse(process.argv[2] ?? "{}") as { readonly messages: number; readonly size: number };
const sink = await Sink.start({ tls: {} });
const heaps: number[] = [];
let taken = 0;
await sendMessages({ port: sink.port, connections: 1, messages, size }, (count) => {
  taken += sink.take().length;
  if (count % 1000 > 0) return;
  globalThis.gc?.();
  heaps.push(process.memoryUsage().heapUsed);
});
await sink.stop();
if (taken !== messages) throw new Error(`${taken} of ${messages} messages came`);
console.log(JSON.stringify(heaps));
