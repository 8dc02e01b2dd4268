// smtp-server on two ports, one of them with TLS from the first octet: every message becomes a file of its octets.
import { randomUUID } from "node:crypto";
import { createWriteStream, readFileSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

const { packages, folder, port, tlsPort, user, password, token, rejected, limit } = JSON.parse(process.argv[2]);
const { SMTPServer } = createRequire(packages)("smtp-server");

const refusal = (responseCode, text) => Object.assign(new Error(text), { responseCode });

const options = {
  key: readFileSync("key.pem"),
  cert: readFileSync("cert.pem"),
  size: limit,
  authOptional: true,
  authMethods: ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"],
  disableReverseLookup: true,
  logger: false,
  onAuth: (auth, _session, callback) => {
    const good =
      auth.method === "XOAUTH2"
        ? auth.accessToken === token
        : auth.method === "CRAM-MD5"
          ? auth.validatePassword(password)
          : auth.password === password;
    if (good && auth.username === user) callback(null, { user });
    else if (auth.method === "XOAUTH2") callback(null, { data: { status: "401", schemes: "bearer", scope: "mail" } });
    else callback(refusal(535, "5.7.8 no"));
  },
  onRcptTo: ({ address }, _session, callback) =>
    callback(address === rejected ? refusal(550, "5.1.1 no such mailbox") : null),
  onData: async (stream, _session, callback) => {
    const name = randomUUID();
    const path = join(folder, "tmp", name);
    try {
      await pipeline(stream, createWriteStream(path));
      if (stream.sizeExceeded) {
        await rm(path);
        callback(refusal(552, "5.3.4 too large"));
      } else {
        await rename(path, join(folder, "new", name));
        callback(null, "2.0.0 stored");
      }
    } catch (error) {
      callback(error);
    }
  },
};

for (const [secure, at] of [
  [true, tlsPort],
  [false, port],
]) {
  const server = new SMTPServer({ ...options, secure });
  server.on("error", () => {}); // a connection that was lost
  await new Promise((resolve) => server.listen(at, "127.0.0.1", resolve));
}
