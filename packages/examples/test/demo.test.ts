import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { paintFor } from "../src/demo/printer.ts";

const packageDirectory = fileURLToPath(new URL("..", import.meta.url));

/** A folder with two mails in it, as pnpm's user might stand in. */
const folder = mkdtempSync(join(tmpdir(), "demo-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "one.eml"), "Subject: one\n\n.dot\nno end");
writeFileSync(join(folder, "two.eml"), "Subject: two\r\n\r\ntext\r\n");

interface Run {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

function demo(args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const { NO_COLOR: _no, FORCE_COLOR: _force, ...inherited } = process.env;
    execFile(
      process.execPath,
      ["--import", "tsx", "src/demo/main.ts", ...args],
      { cwd: packageDirectory, env: { ...inherited, INIT_CWD: folder } },
      (error, out, err) => resolve({ status: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

const ESCAPE = "\u001b";

describe.concurrent("the demo", () => {
  it("sends all samples and gets them back", async ({ expect }) => {
    const { status, out, err } = await demo(["--transcript", "all.txt"]);
    expect([status, err]).toEqual([0, ""]);
    expect(out.match(/ equal /g)).toHaveLength(7);
    expect(out).toMatch(/^20 MB +20,000,000 +7,928 +2 \+ 1 /m);
    expect(out).toMatch(/^S: \[content: 20,000,000 octets, 7,928 lines stuffed\] +\| retr number=7 size=20000000$/m);
    expect(out).toMatch(/^C: BDAT 20000000 LAST +\| bdat size=20000000$/m);
    expect(out).toMatch(/^C: \[chunk: 20,000,000 octets\] +\| message <alice@example\.org> size=20000000 /m);
    expect(out).not.toMatch(/^C: DATA/m);
    expect(out).toMatch(/^C: MAIL FROM:<alice@example\.org> .* \| mail <alice@example\.org>$/m);
    expect(out).toMatch(/^bare LF .* line ends$/m);
    expect(out).not.toContain(ESCAPE);

    // The transcript is what was printed above the table, and neither has a secret in it.
    const transcript = readFileSync(join(folder, "all.txt"), "utf8");
    expect(out.startsWith(transcript)).toBe(true);
    for (const secret of ["wonderland", "builder"]) expect(out).not.toContain(secret);
    const behindChallenge = [...out.matchAll(/^S: (?:334|\+) (\S+).*\n(.*)/gm)].map((match) => match[2]);
    expect(behindChallenge).toHaveLength(4); // of SCRAM the server's first message and its last, in two sessions
    expect(out).toMatch(
      /^C: AUTH SCRAM-SHA-256-PLUS \[redacted\] .*\n(?:.*\n)+C: AUTH SCRAM-SHA-256-PLUS \[redacted\] /m,
    );
    for (const line of behindChallenge) expect(line).toMatch(/^C: \[redacted\](?: |$)/);
  });

  it("sends files named from where pnpm was called, and prints the table alone with --quiet", async ({ expect }) => {
    const { status, out } = await demo(["--quiet", "one.eml", join(folder, "two.eml")]);
    expect(status).toBe(0);
    const lines = out.trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/^one\.eml +25 +1 +2 \+ 1 +\d+ ms +([0-9a-f]{16}) +\1 +equal +line ends, final CRLF$/);
    expect(lines[2]).toMatch(/^two\.eml +22 +0 +2 \+ 1 +\d+ ms +([0-9a-f]{16}) +\1 +equal +-$/);
  });

  it("names what cannot be read and what the server refuses, sends the rest, and exits with 1", async ({ expect }) => {
    writeFileSync(join(folder, "large.eml"), Buffer.alloc(50_000_001, `${"x".repeat(998)}\r\n`));
    const { status, out, err } = await demo(["--quiet", "none.eml", ".", "large.eml", "two.eml"]);
    expect(status).toBe(1);
    expect(err).toBe("cannot read none.eml: no such file or directory\ncannot read .: is a directory\n");
    expect(out).toMatch(/^large\.eml .* - +NOT SENT /m);
    expect(out).toMatch(/^large\.eml: not-accepted: 552 5\.3\.4 /m);
    expect(out).toMatch(/^two\.eml .* equal/m);
  });

  it.each([
    [["--show"], "Unknown option '--show'"],
    [["--transcript", "none/x.txt"], "cannot write none/x.txt: no such file or directory"],
  ])("exits with 2 for %j, and says how it is used", async (args, message) => {
    const { status, out, err } = await demo(args);
    expect([status, out]).toEqual([2, ""]);
    expect(err).toContain(message);
    expect(err).toContain("usage: pnpm demo");
  });

  it("explains itself with --help", async ({ expect }) => {
    const { status, out } = await demo(["--help"]);
    expect(status).toBe(0);
    expect(out).toMatch(/^usage: pnpm demo/);
  });
});

describe("colours", () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    ["", "", true, true],
    ["", "", false, false],
    ["1", "", true, false],
    ["", "1", false, true],
    ["", "0", true, false],
  ])("NO_COLOR=%j FORCE_COLOR=%j, a terminal: %j, gives colours: %j", (no, force, isTTY, coloured) => {
    vi.stubEnv("NO_COLOR", no || undefined);
    vi.stubEnv("FORCE_COLOR", force || undefined);
    expect(paintFor({ isTTY })("red", "x").includes(ESCAPE)).toBe(coloured);
  });
});
