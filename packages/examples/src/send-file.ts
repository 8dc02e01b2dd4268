/**
 * A client that sends a file: TLS or nothing, the strongest mechanism that both sides have, and the file as it is read.
 *
 *     pnpm -C packages/examples exec tsx src/send-file.ts --host localhost --port 2587 --user alice@example.org \
 *       --password wonderland --ca /tmp/cert.pem --to bob@example.org mail.eml
 *
 * The exit status says what became of it: 0 accepted, 1 refused, or not come to sending, 75 (EX_TEMPFAIL) to be tried
 * again.
 */
import { open, readFile } from "node:fs/promises";
import { main, readArguments, readPort, required, resolvePath, wrongArguments } from "./cli/arguments.ts";
import { type SubmitOptions, type Submitted, submit } from "./smtp-client.ts";

/**
 * Sends a file. Lines that end in LF alone go out with CRLF.
 *
 * @throws Error also if the file cannot be read, and nothing is sent then
 */
export async function sendFile(
  options: SubmitOptions,
  path: string,
  from: string,
  to: readonly string[],
): Promise<Submitted> {
  // Opened before anything is said to the server, so that a file that is not there costs nothing.
  const file = await open(path);
  try {
    // Read as the connection takes it, whatever its size.
    const [result] = await submit(options, [{ from, to, content: file.createReadStream() }]);
    return result!;
  } finally {
    await file.close();
  }
}

/** What a caller should do about it, as sysexits.h has it. */
export function exitStatus({ outcome, text }: Submitted): number {
  if (outcome === "accepted") return 0;
  // Refused before its content it is not accepted, and the reply says for how long.
  return outcome === "permanent" || (outcome === "not-accepted" && text.startsWith("5")) ? 1 : 75;
}

await main(import.meta.url, async () => {
  const usage = `usage: pnpm -C packages/examples exec tsx src/send-file.ts [options] FILE
  --host HOST          the server, as its certificate names it; default localhost
  --port N
  --user NAME          also the sender
  --password WORD
  --to ADDRESS         the recipient
  --ca FILE            a certificate to trust, in PEM
  --help
`;
  const known = { host: "string", port: "string", user: "string", password: "string", to: "string" } as const;
  const { values, positionals } = readArguments(usage, { ...known, ca: "path" }, true);
  const user = required(values.user, "user", usage);
  const options = {
    host: values.host ?? "localhost",
    port: readPort(required(values.port, "port", usage), usage),
    login: { user, password: required(values.password, "password", usage) },
    ...(values.ca !== undefined && { ca: await readFile(values.ca, "utf8") }),
  };
  const [file = wrongArguments("a file is needed", usage)] = positionals;
  const result = await sendFile(options, resolvePath(file), user, [required(values.to, "to", usage)]);
  process.stdout.write(`${result.outcome}: ${result.text}\n`);
  process.exitCode = exitStatus(result);
});
