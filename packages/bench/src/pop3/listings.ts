import { formatScanListings, ScanListingDecoder, UniqueIdListingDecoder } from "pop3-codec/syntax";
import { expectSize, making, type Row, type Table, type Work } from "../suite.ts";
import { read } from "./client.ts";
import { nodePop3, yapople } from "./peers.ts";

const OURS = "pop3-codec";
const MESSAGES = 1_000_000;
const CHUNK = 64 * 1024;

const encode = (text: string) => new TextEncoder().encode(text);
const sizeOf = (number: number) => 500 + ((number * 7919) % 99_991);
const uniqueIdOf = (number: number) => `0000${(number * 7919).toString(16).padStart(12, "0")}5f9b3c1a`;

/** The answer after its status line, in chunks; made by joining strings: nothing of the library is in it. */
function wireOf(value: (number: number) => number | string): Uint8Array[] {
  const lines = Array.from({ length: MESSAGES }, (_, index) => `${index + 1} ${value(index + 1)}\r\n`);
  const wire = encode(`${lines.join("")}.\r\n`);
  return Array.from({ length: Math.ceil(wire.length / CHUNK) }, (_, n) => wire.subarray(n * CHUNK, (n + 1) * CHUNK));
}

/** Work that gives the value of every message: the check compares all of them. */
function reading(name: string, expected: (number: number) => number | string, read: Reader): Work {
  return {
    async run() {
      let count = 0;
      await read(() => void count++);
      expectSize(name, count, MESSAGES);
    },
    async check() {
      let count = 0;
      await read((number, value) => {
        count++;
        if (number === count && value === expected(number)) return;
        throw new Error(`${name}: got ${number} ${value} as entry ${count}`);
      });
      expectSize(name, count, MESSAGES);
    },
  };
}

type Reader = (entry: (number: number, value: number | string) => void) => void | Promise<void>;

function listing(): Row {
  const wire = wireOf(sizeOf);
  return {
    name: "LIST, decoded",
    amount: MESSAGES / 1e6,
    works: {
      [OURS]: reading("LIST", sizeOf, (entry) => {
        const decoder = new ScanListingDecoder();
        for (const chunk of wire) for (const { number, size } of decoder.push(chunk)) entry(number, size);
        if (!decoder.done || decoder.violation !== null) throw new Error("the end was not found, or a violation");
      }),
      "node-pop3": reading("node-pop3", sizeOf, async (entry) => {
        for (const [number, size] of await nodePop3(wire)) entry(Number(number), Number(size));
      }),
      yapople: reading("yapople", sizeOf, async (entry) => {
        const sizes = await yapople(wire);
        for (const number in sizes) entry(Number(number), sizes[number]!);
      }),
    },
  };
}

/** The same as events of a client's session; the peers have nothing that is less. */
function listingEvents(): Row {
  const row = listing();
  const wire = wireOf(sizeOf);
  const events = reading("LIST events", sizeOf, (entry) => {
    read(
      (session) => session.list(),
      wire,
      (event) => {
        if (event.type === "scan-listing") entry(event.number, event.size);
      },
    );
  });
  return { ...row, name: "LIST, as a client's events", works: { ...row.works, [OURS]: events } };
}

function uniqueIds(): Row {
  const wire = wireOf(uniqueIdOf);
  return {
    name: "UIDL, decoded",
    amount: MESSAGES / 1e6,
    works: {
      [OURS]: reading("UIDL", uniqueIdOf, (entry) => {
        const decoder = new UniqueIdListingDecoder();
        for (const chunk of wire) for (const { number, uniqueId } of decoder.push(chunk)) entry(number, uniqueId);
        if (!decoder.done || decoder.violation !== null) throw new Error("the end was not found, or a violation");
      }),
      "node-pop3": reading("node-pop3", uniqueIdOf, async (entry) => {
        for (const [number, uniqueId] of await nodePop3(wire)) entry(Number(number), uniqueId!);
      }),
    },
  };
}

function made(): Row {
  const expected = new Uint8Array(Buffer.concat(wireOf(sizeOf)));
  function* entries() {
    for (let number = 1; number <= MESSAGES; number++) yield { number, size: sizeOf(number) };
  }
  const work = making("LIST made", expected, (sink) => {
    for (const piece of formatScanListings(entries())) sink(encode(piece));
  });
  return { name: "LIST, made", amount: MESSAGES / 1e6, works: { [OURS]: work } };
}

/** Listings of a million messages, in chunks of 64 KiB. */
export function listings(): Table {
  return {
    title: "listings of 1,000,000 messages",
    unit: "million entries/s",
    columns: [OURS, "node-pop3", "yapople"],
    rows: [listing(), listingEvents(), uniqueIds(), made()],
  };
}
