import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { messagesIn } from "../../src/checks/folder.ts";

describe("messagesIn", () => {
  it.each([
    ["a Maildir's microseconds of two lengths", ["1764421200.M98765P7Q1Rff.mx", "1764421200.M120345P7Q2R0a.mx"]],
    ["a second that ended between", ["1764421200.M999999P7Q1R0.mx", "1764421201.M12P7Q2R0.mx"]],
    ["process ids and counters", ["1764421200.99_9.mx", "1764421200.99_10.mx", "1764421200.100_0.mx"]],
    ["padded numbers", ["message-001", "message-002", "message-010"]],
  ])("gives files in the order in which they were written: %s", async (_, names) => {
    const folder = await mkdtemp(join(tmpdir(), "folder-"));
    try {
      for (const name of names.toReversed()) await writeFile(join(folder, name), name);
      expect((await messagesIn(folder)).map(String)).toEqual(names);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
