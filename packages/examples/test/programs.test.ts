/** The examples as programs: what a wrong command line, and what stands in their way, comes to. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createMaildirServer } from "../src/maildir-pop3-server.ts";
import { setPassword, Users } from "../src/storage/users.ts";
import { createSubmissionServer } from "../src/submission-server.ts";
import { ALICE, BOB, tls } from "./support.ts";
import { contents, folder, listening } from "./world.ts";

const packageDirectory = fileURLToPath(new URL("..", import.meta.url));

/** Runs a program as if `pnpm` had been called in that folder. */
function run(
  from: string,
  program: string,
  args: readonly string[],
): Promise<{ status: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--import", "tsx", `src/${program}.ts`, ...args],
      { cwd: packageDirectory, env: { ...process.env, INIT_CWD: from } },
      (error, out, err) => resolve({ status: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

/** Servers, and a folder with a certificate and a message, from which programs are called. */
async function world() {
  const here = await folder();
  await writeFile(join(here, "cert.pem"), tls.cert);
  await writeFile(join(here, "mail.eml"), "Subject: x\n\n.dot\n");
  await setPassword(join(here, "users"), ALICE, "wonderland");
  const users = await Users.load(join(here, "users"));
  const queue = join(here, "queue");
  const submission = await listening(createSubmissionServer({ users, queue, tls }));
  const pop3 = await listening(createMaildirServer({ users, folder: here, tls }));
  const account = (port: number, password: string, ca = "cert.pem") => [
    ...["--port", String(port), "--user", ALICE, "--password", password, "--ca", ca],
  ];
  return { here, queue, submission, pop3, account };
}

describe("programs", () => {
  it("take paths as they are seen from where they are called", async () => {
    const { here, queue, submission, pop3, account } = await world();
    const send = [...account(submission, "wonderland"), "--to", BOB, "mail.eml"];
    expect(await run(here, "send-file", send)).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^accepted: .*\n$/),
    });
    const unreadable = [...account(submission, "wonderland"), "--to", BOB, here];
    expect(await run(here, "send-file", unreadable)).toMatchObject({
      status: 75,
      out: expect.stringMatching(/^not-accepted: the content failed: Error: EISDIR: .*\n$/),
    });
    const fetch = [...account(pop3, "wonderland"), "--folder", "fetched", "--ids", "ids"];
    expect(await run(here, "fetch-maildir", fetch)).toEqual({ status: 0, out: "0 new\n", err: "" });
    expect(await contents(queue, ".eml")).toEqual(["Subject: x\r\n\r\n.dot\r\n"]);
    expect(await contents(join(here, "fetched", "new"))).toEqual([]);
  }, 60_000);

  it.each<[what: string, program: string, args: (made: Awaited<ReturnType<typeof world>>) => string[], says: RegExp]>([
    [
      "a file that is not there",
      "send-file",
      ({ account, submission }) => [...account(submission, "wonderland"), "--to", BOB, "none.eml"],
      /^ENOENT: .*none\.eml'\n$/,
    ],
    [
      "a wrong password",
      "send-file",
      ({ account, submission }) => [...account(submission, "wrong"), "--to", BOB, "mail.eml"],
      /^auth failed: 535 .*\n$/,
    ],
    [
      "a wrong password",
      "send-many",
      ({ account, submission }) => [...account(submission, "wrong"), "mail.eml", BOB],
      /^auth failed: .*\n$/,
    ],
    [
      "a wrong password",
      "fetch-maildir",
      ({ account, pop3 }) => [...account(pop3, "wrong"), "--folder", "fetched", "--ids", "ids"],
      /^no login: credentials-refused\n$/,
    ],
    [
      "nobody there",
      "fetch-maildir",
      ({ account }) => [...account(1, "wonderland"), "--folder", "fetched", "--ids", "ids"],
      /^connect ECONNREFUSED .*\n$/,
    ],
    [
      "a file of users that cannot be read",
      "submission-server",
      ({ here }) => ["--users", here, "--add", BOB, "--password", "builder"],
      /^EISDIR: .*\n$/,
    ],
    [
      "a name that is none",
      "submission-server",
      () => ["--users", "users", "--add", "#bob", "--password", "builder"],
      /^a user's name does not begin with # here\n$/,
    ],
    [
      "a port in use",
      "smtp-receiver",
      ({ submission }) => ["--port", String(submission), "--folder", "mail", "--domain", "example.org"],
      /^listen EADDRINUSE: .*\n$/,
    ],
    [
      "a port in use",
      "cli/smtp-server",
      ({ submission }) => ["--port", String(submission)],
      /^listen EADDRINUSE: .*\n$/,
    ],
  ])(
    "say in a line what stands in the way: %s, %s",
    async (_, program, args, says) => {
      const made = await world();
      const { status, out, err } = await run(made.here, program, args(made));
      expect({ status, out, err }).toEqual({ status: 1, out: "", err: expect.stringMatching(says) });
      expect(await contents(made.queue)).toEqual([]);
    },
    60_000,
  );

  it.each([
    ["send-file", ["--bogus"], "Unknown option '--bogus'"],
    [
      "send-many",
      ["--port", "x", "--user", "a", "--password", "b", "mail.eml", "c"],
      '--port expects a number up to 65535, got "x"',
    ],
    ["fetch-maildir", [], "--port is needed"],
    ["smtp-receiver", ["--port"], "Option '--port <value>' argument missing"],
    ["fuzz-smtp-server", ["--port", "25", "--runs", "many"], '--runs expects a whole number, got "many"'],
  ])(
    "exit with status 2 for a wrong command line: %s %j",
    async (program, args, says) => {
      const { status, out, err } = await run(packageDirectory, program, args);
      expect([status, out]).toEqual([2, ""]);
      expect(err).toContain(`${says}`);
      expect(err).toContain(`\n\nusage: pnpm -C packages/examples exec tsx src/${program}.ts `);
    },
    60_000,
  );
});
