import { ContentReader, Input } from "dot-stuffing/session";
import { everySplit, octets, text } from "tools/testing";
import { expect, it } from "vitest";

it.each([false, true])("content is read up to its end, cut anywhere; by another one from a snapshot: %s", (moved) => {
  const wire = octets("..a\r\nb\r\n.\r\nNOOP\r\n");
  for (const chunks of everySplit(wire)) {
    const input = new Input();
    let reader = new ContentReader({});
    let content = "";
    let ended = false;
    for (const chunk of chunks) {
      input.push(chunk);
      while (!ended) {
        const step = reader.next(input);
        if (step === null) break;
        if (step.type === "piece") content += text(step.bytes);
        ended = step.type === "end";
        reader.release();
        if (moved) reader = new ContentReader({}, structuredClone(reader.snapshot()));
      }
      input.release();
    }
    expect([content, ended, reader.size, text(input.takeRest())]).toEqual([".a\r\nb\r\n", true, 7, "NOOP\r\n"]);
  }
});

it("content that the input cuts off is a violation; its snapshot's is the same", () => {
  const input = new Input();
  const reader = new ContentReader({});
  input.push(octets("a\r\n.\r"));
  while (reader.next(input) !== null);
  const cut = { code: "cut-off", offset: 5, text: "message cut off after 5 octets" };
  expect([reader.end(), new ContentReader({}, reader.snapshot()).end()]).toEqual([cut, cut]);
});
