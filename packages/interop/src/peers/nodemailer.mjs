/** Sends a file with nodemailer. Argument: JSON, see nodemailer.ts. Prints what was refused; exit status 3 if everything was. */
import { readFileSync } from "node:fs";
import { createTransport } from "nodemailer";

const { port, ca, tls, user, secret, mechanism, recipients, file, more } = JSON.parse(process.argv[2]);

const auth =
  mechanism === "XOAUTH2" ? { type: "OAuth2", user, accessToken: secret } : { user, pass: secret, method: mechanism };
const transport = createTransport({
  host: "127.0.0.1",
  port,
  name: "client.example.org",
  secure: tls === "implicit TLS",
  ...(tls === "STARTTLS" ? { requireTLS: true } : { ignoreTLS: true }),
  tls: { ca: ca && readFileSync(ca) },
  authMethod: mechanism,
  auth,
});

try {
  const raw = readFileSync(file);
  const envelope = { from: user, to: recipients, ...more.envelope };
  const { rejected, rejectedErrors = [] } = await transport.sendMail({ ...more.mail, envelope, raw });
  for (const [at, recipient] of rejected.entries()) console.log(rejectedErrors[at].responseCode, recipient);
} catch (error) {
  console.log(error.response ?? error.message);
  process.exitCode = error.responseCode ? 3 : 4;
} finally {
  transport.close();
}
