import { Stuffer, stuff, Unstuffer, unstuff } from "dot-stuffing";
import { ChunkReader, ContentReader, LineReader } from "dot-stuffing/session";
import { StuffStream, UnstuffStream } from "dot-stuffing/streams";
import { octets } from "tools/testing";
import { expect, it } from "vitest";

it.each<[string, (options: never) => unknown]>([
  ["Unstuffer", (options) => new Unstuffer(options)],
  ["unstuff", (options) => unstuff(octets(".\r\n"), options)],
  ["Stuffer", (options) => new Stuffer(options)],
  ["stuff", (options) => stuff(octets("x"), options)],
  ["LineReader", (options) => new LineReader(options)],
  ["ContentReader", (options) => new ContentReader(options)],
  ["ChunkReader", (options) => new ChunkReader(options)],
  ["UnstuffStream", (options) => new UnstuffStream(options)],
  ["StuffStream", (options) => new StuffStream(options)],
])("%s refuses options that are none", (_, make) => {
  for (const [options, got] of [
    [null, "null"],
    ["x", "string"],
    [998, "number"],
  ]) {
    const making = () => make(options as never);
    expect(making).toThrow(TypeError);
    expect(making).toThrow(`"options" expected an object, got ${got}`);
  }
});
