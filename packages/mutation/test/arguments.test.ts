import { describe, expect, it } from "vitest";
import { readCommand, WrongArguments } from "../src/arguments.ts";
import { packages } from "../src/scope.ts";

const FILE = "packages/sasl/src/apop.ts";
const files = [FILE, "packages/tools/src/run.ts"];
const read = (line: string) => readCommand(line === "" ? [] : line.split(" "), files);

describe("the command line of mutation", () => {
  it.each<[string, object]>([
    ["", { type: "run", scopes: packages.map((name) => ({ name })), only: "all" }],
    [`sasl ${FILE}`, { type: "run", scopes: [{ name: "sasl" }, { name: "sasl", file: FILE }], only: "all" }],
    ["--missing", { type: "run", scopes: packages.map((name) => ({ name })), only: "missing" }],
    ["sasl --survivors", { type: "run", scopes: [{ name: "sasl" }], only: "survivors" }],
    ["--missing sasl", { type: "run", scopes: [{ name: "sasl" }], only: "missing" }],
    ["--table", { type: "table" }],
    ["--check", { type: "check" }],
  ])("%j is read", (line, command) => {
    expect(read(line)).toEqual(command);
  });

  it.each([
    ["--bogus", "Unknown option '--bogus'"],
    ["nope", 'expected packages, or source files of theirs, got "nope"'],
    ["sasl smtp-codec nope", 'got "nope"'],
    ["packages/sasl/src/none.ts", "expected packages"],
    ["packages/tools/src/run.ts", "expected packages"],
    ["--table sasl", '--table takes no names, got "sasl"'],
    ["--check --table", "--check and --table do not go together"],
    ["--missing --survivors", "--missing and --survivors do not go together"],
    ["--missing --table", "--missing and --table do not go together"],
  ])("%j is refused before anything is begun", (line, message) => {
    expect(() => read(line)).toThrow(WrongArguments);
    expect(() => read(line)).toThrow(message);
  });
});
