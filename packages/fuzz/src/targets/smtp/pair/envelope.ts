import type { MailOptions, RcptOptions, SmtpServerOptions } from "smtp-codec";
import { wordOf } from "./content.ts";
import { type Answer, judged, type Model, refuse } from "./model.ts";
import { command, mayBeforeTls, offers, type Step } from "./step.ts";

/**
 * Names of senders and recipients; what the server's application makes of them is in `content.ts`, `mail` and `rcpt`.
 */
const SENDERS = ["ok", "no", "later", "nodata", "nobdat", "nocontent", "nochunk", "nomessage", "gone"];
const RECIPIENTS = ["r1@a.example", "r2@a.example", "r3@B.example", "r4@b.example", "no@a.example", "later@a.example"];
const LAST = ["undelivered@a.example", "gone@a.example"];
const fromOf = (word: string) => `${word}@sender.example`;

/** What the application answers by a name. */
function verdict(model: Model, word: string): Answer {
  return judged(model, word === "no" ? 550 : word === "later" ? 450 : word === "gone" ? 421 : 250);
}

/** A connection that ends has nothing else on its way. */
const isGone = (_: Model, text: string) => wordOf(text) === "gone";

/** MAIL: its options, the extensions that they need, and the parameters that arrive. */
interface Mail {
  readonly options: MailOptions;
  readonly needs?: readonly string[];
  readonly parameters: object;
  /** Taken only where it is offered, and left out elsewhere. */
  readonly size?: number;
}

const seven = { content: "7bit" } as const;
export const MAILS: Readonly<Record<string, Mail>> = {
  mail: { options: seven, parameters: {} },
  mail8: { options: {}, needs: ["8BITMIME"], parameters: { body: "8BITMIME" } },
  mailBinary: { options: { content: "binary" }, needs: ["BINARYMIME"], parameters: { body: "BINARYMIME" } },
  mailSize: { options: { ...seven, size: 10 }, parameters: {}, size: 10 },
  mailBig: { options: { ...seven, size: 65_537 }, parameters: {}, size: 65_537 },
  mailDsn: {
    options: { ...seven, ret: "HDRS", envid: "x+y z" },
    needs: ["DSN"],
    parameters: { envid: "x+y z", ret: "HDRS" },
  },
  mailUtf8: { options: { ...seven, smtputf8: true }, needs: ["SMTPUTF8"], parameters: { smtputf8: true } },
  mailAuth: { options: { ...seven, auth: "" }, needs: ["AUTH"], parameters: { auth: { kind: "null", address: "" } } },
  mailPriority: { options: { ...seven, mtPriority: -4 }, needs: ["MT-PRIORITY"], parameters: { mtPriority: -4 } },
  // What may go over TLS alone comes back without its content (RFC 8689 §5).
  mailRequireTls: {
    options: { ...seven, requireTls: true, ret: "FULL" },
    needs: ["REQUIRETLS", "DSN"],
    parameters: { requireTls: true, ret: "HDRS" },
  },
  mailForced: { options: { ...seven, force: true }, parameters: {} },
  mailOther: { options: { ...seven, parameters: [{ keyword: "X-OTHER", value: null }] }, parameters: {} },
};

export function mail(name: string, { options, needs = [], parameters, size }: Mail): Step {
  const typed = (model: Model) => (size !== undefined && offers(model, "SIZE") ? { ...parameters, size } : parameters);
  const limitOf = ({ policies: { server } }: Model) => server.maxTransactions ?? 1000;
  return command({
    verb: "MAIL",
    texts: SENDERS,
    // 421 ends the session.
    settles: (model, text) => isGone(model, text) || limitOf(model) < 1000,
    may: (model) =>
      mayBeforeTls(model) &&
      needs.every((keyword) => offers(model, keyword)) &&
      (options.force === true || !offers(model, "LIMITS") || model.client.mails < limitOf(model)),
    give: ({ client }, text) => client.now.mail(fromOf(text), options),
    counts: ({ client }) => {
      client.mails++;
      client.rcpts = 0;
      client.declared = options.content ?? "8bit";
    },
    served(model, text) {
      const { server } = model;
      if (name === "mailOther") return refuse(model, 555, "MAIL");
      if (size !== undefined && size > 65_536 && offers(model, "SIZE")) return refuse(model, 552, "MAIL");
      if (server.transactions >= limitOf(model)) return { code: 421, by: 0 };
      const reply = verdict(model, text);
      if (reply.code >= 400) server.groupBroken = true;
      if (reply.code === 250) {
        const { forwarded } = server;
        server.mail = {
          address: fromOf(text),
          parameters: typed(model),
          with: protocolOf(model, parameters),
          forwarded,
        };
        server.recipients = [];
        server.state = "mail";
        server.transactions++;
        server.groupBroken = false;
      }
      return reply;
    },
  });
}

/** RFC 3848, RFC 6531 §4.3. */
function protocolOf({ server, client, policies }: Model, parameters: object): string {
  if (server.hello !== "EHLO") return "SMTP";
  const lmtp = policies.server.protocol === "lmtp";
  const name = "smtputf8" in parameters ? (lmtp ? "UTF8LMTP" : "UTF8SMTP") : lmtp ? "LMTP" : "ESMTP";
  return `${name}${client.tls ? "S" : ""}${server.authenticated ? "A" : ""}`;
}

export const RCPTS: Readonly<Record<string, { readonly options: RcptOptions; readonly needs?: string }>> = {
  rcpt: { options: {} },
  rcptDsn: {
    options: { notify: ["FAILURE", "DELAY"], orcpt: { type: "rfc822", address: "a+b@c" } },
    needs: "DSN",
  },
  rcptForced: { options: { force: true } },
};

export function rcpt({
  options: { force, ...parameters },
  needs,
}: {
  readonly options: RcptOptions;
  readonly needs?: string;
}): Step {
  const domainOf = (text: string) => text.split("@")[1]!.toLowerCase();
  const limits = (model: Model): Partial<SmtpServerOptions> => (offers(model, "LIMITS") ? model.policies.server : {});
  return command({
    verb: "RCPT",
    texts: [...RECIPIENTS, ...LAST],
    settles: isGone,
    may(model, text) {
      const { maxRecipients = 1000, maxRecipientDomains = 1000 } = limits(model);
      const { rcpts, domains } = model.client;
      if (needs !== undefined && !offers(model, needs)) return false;
      return (
        force === true || (rcpts < maxRecipients && (domains.has(domainOf(text)) || domains.size < maxRecipientDomains))
      );
    },
    give: ({ client }, text) => client.now.rcpt(text, { ...parameters, ...(force && { force }) }),
    counts(model, text) {
      model.client.rcpts++;
      if (limits(model).maxRecipientDomains !== undefined) model.client.domains.add(domainOf(text));
    },
    served(model, text) {
      const { server, policies } = model;
      const { maxRecipients = 1000, maxRecipientDomains } = policies.server;
      if (server.recipients.length >= maxRecipients) return refuse(model, 452, "RCPT");
      const beyond = maxRecipientDomains !== undefined && server.domains.size >= maxRecipientDomains;
      if (beyond && !server.domains.has(domainOf(text))) return refuse(model, 452, "RCPT");
      const reply = verdict(model, wordOf(text));
      if (reply.code >= 400) server.groupBroken = true;
      if (reply.code === 250) {
        server.recipients.push({ address: text, parameters });
        server.state = "rcpt";
        if (maxRecipientDomains !== undefined) server.domains.add(domainOf(text));
      }
      return reply;
    },
    done({ client }, text) {
      // After content that was broken off it is nobody's recipient.
      if (["mail", "rcpt"].includes(client.state)) client.recipients.push(text);
      else client.state = "failed";
    },
  });
}
