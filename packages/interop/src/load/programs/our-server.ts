/**
 * The example servers, for measurements:
 * `our-server.ts '{"smtp": port, "pop3": port, "messages": count, "size": octets}'`.
 */
import { Maildrops } from "examples/src/maildrop.ts";
import { createPop3Server } from "examples/src/pop3-server.ts";
import { RecentLogins } from "examples/src/smtp-after-pop3.ts";
import { createSmtpServer } from "examples/src/smtp-server.ts";
import { makeCertificate } from "examples/src/transport/certificate.ts";
import { ALICE, BOB, PASSWORD } from "../../world.ts";
import { message } from "../message.ts";

/** As the servers beside it do, it takes every message and keeps none. */
class Forgetting extends Maildrops {
  override store(): void {}
}

const { smtp, pop3, messages = 0, size = 0 } = JSON.parse(process.argv[2] ?? "{}");
const kept = new Maildrops();
for (let at = 0; at < messages; at++) kept.store(BOB, message(size));
const shared = {
  accounts: new Map([
    [ALICE, PASSWORD],
    [BOB, PASSWORD],
  ]),
  tls: await makeCertificate(),
  allowPlaintext: true,
};
// smtp-source cannot log in.
const trusted = new RecentLogins(1e6);
trusted.note("127.0.0.1", ALICE);
const sending = { maildrops: new Forgetting(), smtpAfterPop3: trusted, maxTransactions: Number.POSITIVE_INFINITY };
await createSmtpServer({ ...shared, ...sending }).listen(smtp);
await createPop3Server({ ...shared, maildrops: kept }).listen(pop3);
