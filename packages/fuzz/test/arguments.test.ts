import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { checkNames, orUsage, readCommand, usage, WrongArguments } from "../src/arguments.ts";
import { run } from "../src/run/cli.ts";

const FUZZ = {
  ...{ type: "fuzz", names: [], seconds: 60, seed: 1, engines: ["arbitraries", "guided", "transcript"] },
  ...{ coverage: false, each: false, grow: null, first: false },
};

describe("the command line", () => {
  it.each<[string, object]>([
    ["", FUZZ],
    [
      "a b --seconds 0.5 --seed -7 --engine guided --engine transcript --each --coverage --grow 5",
      {
        ...FUZZ,
        ...{ names: ["a", "b"], seconds: 0.5, seed: -7, engines: ["guided", "transcript"] },
        ...{ coverage: true, each: true, grow: 5 },
      },
    ],
    ["--replay x.txt", { type: "replay", file: "x.txt" }],
    ["--minimize a.txt b.txt", { type: "minimize", files: ["a.txt", "b.txt"], names: [] }],
    ["--minimize smtp-client", { type: "minimize", files: [], names: ["smtp-client"] }],
    ["--list", { type: "list" }],
    ["--plants", { type: "plants", names: [], seconds: 20, seed: 1, readme: false }],
    ["--plants x --seconds 5 --seed 2 --readme", { type: "plants", names: ["x"], seconds: 5, seed: 2, readme: true }],
    ["--peer dovecot", { type: "peers", names: ["dovecot"] }],
  ])("%j is read", (line, command) => {
    expect(
      readCommand(
        line
          .replace("--seed -7", "--seed=-7")
          .split(" ")
          .filter((word) => word !== ""),
      ),
    ).toEqual(command);
  });

  it.each<[string, string]>([
    ["--bogus", "Unknown option '--bogus'"],
    ["--seconds -1", "Option '--seconds' argument is ambiguous"],
    ["--seconds=-1", '--seconds expected a number above 0, got "-1"'],
    ["--seconds 0", '--seconds expected a number above 0, got "0"'],
    ["--seconds abc", '--seconds expected a number above 0, got "abc"'],
    ["--seconds Infinity", "--seconds expected a number above 0"],
    ["--seconds=", "--seconds expected a number above 0"],
    ["--seed 1.5", '--seed expected a whole number, got "1.5"'],
    ["--grow 0", '--grow expected a whole number above 0, got "0"'],
    ["--grow 1.5", "--grow expected a whole number above 0"],
    ["--engine nope", "no engine nope; there are: arbitraries, guided, transcript"],
    ["--replay", "Option '--replay <value>' argument missing"],
    ["--replay x.txt smtp-server", '--replay takes no more than that, got "smtp-server"'],
    ["--replay x.txt --seed 1", "--seed does nothing with --replay"],
    ["--list --seconds 5", "--seconds does nothing with --list"],
    ["--minimize a.txt smtp-server", "--minimize takes files or targets, got both"],
    ["--minimize --list", "--list does nothing with --minimize"],
    ["--plants x --seconds abc", '--seconds expected a number above 0, got "abc"'],
    ["--plants --engine guided", "--engine does nothing with --plants"],
    ["--plants --each", "--each does nothing with --plants"],
    ["--readme", "--readme does nothing without --plants"],
    ["--peer dovecot --seconds 5", "--seconds does nothing with --peer"],
  ])("%j is refused", (line, message) => {
    expect(() => readCommand(line.split(" "))).toThrow(WrongArguments);
    expect(() => readCommand(line.split(" "))).toThrow(message);
  });

  it("names what there is to somebody who names what there is not", () => {
    expect(() => checkNames(["a", "b", "c"], ["b"], "peer is named")).toThrow(
      new WrongArguments("no peer is named a, c; there are: b"),
    );
    expect(checkNames(["b"], ["b"], "peer is named")).toBeUndefined();
  });
});

describe("the command", () => {
  const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  const here = fileURLToPath(new URL("..", import.meta.url));
  afterEach(() => vi.restoreAllMocks());
  afterAll(() => rmSync(folder, { recursive: true }));
  const said = async (args: readonly string[]) => {
    const lines: string[] = [];
    for (const name of ["log", "error"] as const)
      vi.spyOn(console, name).mockImplementation((line: string) => void lines.push(line));
    const status = await orUsage(() => run(here, args));
    return { status, text: lines.join("\n") };
  };

  it.each<[string[], string]>([
    [["nope"], "no target is named nope; there are: unstuffer, "],
    [["--minimize", "nope"], "no target is named nope; "],
    [["--replay", "/none.txt"], "/none.txt cannot be read as an input: ENOENT"],
    [["--replay", "package.json"], "package.json cannot be read as an input: not a line of an input: {"],
    [["--minimize", "/none.txt"], "/none.txt cannot be read as an input: ENOENT"],
  ])("%j is said to be wrong, with the usage and the status 2", async (args, message) => {
    const { status, text } = await said(args);
    expect([status, text.includes(message), text.endsWith(`\n\n${usage}`)]).toEqual([2, true, true]);
  });

  it("says that an input is of a target that there is not", async () => {
    const file = join(folder, "input.txt");
    writeFileSync(file, "# x\ntarget gone\nchoices \n");
    const { status, text } = await said(["--replay", file]);
    expect([status, text.split("\n")[0]]).toEqual([2, `${file} cannot be read as an input: no target named "gone"`]);
  });

  it("fails where a target's time was over with its corpus, which is run whole", async () => {
    const { status, text } = await said(["unstuffer", "stuffer", "--seconds", "0.000001"]);
    expect(status).toBe(1);
    expect(text).toMatch(/^unstuffer +[1-9]\d* executions/m);
    expect(text).toMatch(/\ntoo few seconds: .* for unstuffer, stuffer$/);
  });

  it("goes green where there was time, and nothing was found", async () => {
    const { status, text } = await said(["unstuffer", "--seconds", "0.5"]);
    expect([status, text]).toEqual([
      0,
      expect.stringMatching(/^seed 1, 0\.5 seconds for 1 targets\nunstuffer .* 0 findings$/),
    ]);
  });

  it("leaves what is a fault of its own its stack", async () => {
    await expect(orUsage(() => Promise.reject(new Error("bug")))).rejects.toThrow("bug");
  });
});
