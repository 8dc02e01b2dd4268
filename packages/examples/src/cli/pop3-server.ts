import { createPop3Server } from "../pop3-server.ts";
import { makeCertificate } from "../transport/certificate.ts";
import { main, readArguments, readPort } from "./arguments.ts";
import { accounts, announce, announceAccounts, closeOnSignal, makeMaildrops } from "./world.ts";

const usage = `usage: pnpm --filter examples pop3-server [options]
  --port N             the port to listen on; default: any that is free
  --allow-plaintext    takes logins without TLS too
  --help
`;

await main(import.meta.url, async () => {
  const { values } = readArguments(usage, { port: "string", "allow-plaintext": "boolean" });
  const server = createPop3Server({
    accounts,
    maildrops: makeMaildrops(),
    tls: await makeCertificate(),
    allowPlaintext: values["allow-plaintext"] ?? false,
  });
  announce("POP3", await server.listen(readPort(values.port, usage)));
  announceAccounts();
  closeOnSignal(server);
});
