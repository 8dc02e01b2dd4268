import { createPop3Server } from "../pop3-server.ts";
import { RecentLogins } from "../smtp-after-pop3.ts";
import { createSmtpServer } from "../smtp-server.ts";
import { makeCertificate } from "../transport/certificate.ts";
import { main, readArguments, readPort } from "./arguments.ts";
import { accounts, announce, announceAccounts, closeOnSignal, makeMaildrops } from "./world.ts";

const usage = `usage: pnpm --filter examples smtp-server [options]
  --port N             the port to listen on; default: any that is free
  --normalize          takes messages with a bare CR or LF, and stores them with CRLF; default: refuses them
  --allow-plaintext    takes mail and logins without TLS too
  --smtp-after-pop3    runs a POP3 server beside it: who has logged in there may send for ten minutes without AUTH
  --help
`;

await main(import.meta.url, async () => {
  const { values } = readArguments(usage, {
    port: "string",
    normalize: "boolean",
    "allow-plaintext": "boolean",
    "smtp-after-pop3": "boolean",
  });
  const shared = {
    accounts,
    maildrops: makeMaildrops(),
    tls: await makeCertificate(),
    allowPlaintext: values["allow-plaintext"] ?? false,
  };
  const recentLogins = values["smtp-after-pop3"] ? new RecentLogins() : undefined;

  const smtp = createSmtpServer({
    ...shared,
    lineEndings: values.normalize ? "normalize" : "reject",
    ...(recentLogins && { smtpAfterPop3: recentLogins }),
  });
  announce("SMTP", await smtp.listen(readPort(values.port, usage)));
  const servers = [smtp];

  if (recentLogins !== undefined) {
    const pop3 = createPop3Server({ ...shared, loggedIn: (address, user) => recentLogins.note(address, user) });
    announce("POP3", await pop3.listen());
    servers.push(pop3);
  }
  announceAccounts();
  closeOnSignal(...servers);
});
