/** Every question, and what the record says of each. */
import { escaped } from "../octets.ts";
import type { Row } from "../record.ts";
import type { Said } from "../scripted-server.ts";
import { pop3ClientGroups } from "./pop3-client.ts";
import { pop3ServerGroups } from "./pop3-server.ts";
import type { ServerQuestion } from "./question.ts";
import { smtpClientGroups } from "./smtp-client.ts";
import { smtpServerGroups } from "./smtp-server.ts";

export const groups = {
  smtpServers: smtpServerGroups,
  pop3Servers: pop3ServerGroups,
  smtpClients: smtpClientGroups,
  pop3Clients: pop3ClientGroups,
} as const;

const BEHIND: Readonly<Record<ServerQuestion["behind"], string>> = {
  connected: "the connection, before the greeting",
  greeted: "the greeting",
  hello: "EHLO",
  login: "EHLO, and a login where one is needed",
  mail: "MAIL",
  rcpt: "MAIL and RCPT",
  content: "DATA and a header section",
};

const POP3_BEHIND: Partial<typeof BEHIND> = { login: "the login" };

const serverRows = [...groups.smtpServers, ...groups.pop3Servers].flatMap((group) =>
  group.questions.map(({ id, title, family, flights, behind }): Row => {
    const names = group.id.startsWith("pop3") ? { ...BEHIND, ...POP3_BEHIND } : BEHIND;
    return {
      id,
      group: group.id,
      title,
      family,
      behind: names[behind],
      input: flights.map((flight) => escaped(flight)),
    };
  }),
);

const clientRows = [...groups.smtpClients, ...groups.pop3Clients].flatMap((group) =>
  group.questions.map(({ id, title, family, replies, body }): Row => {
    const said = Object.entries(replies).map(([turn, reply]) => `${turn}: ${saidWords(reply)}`);
    const given = group.id === "smtp-sends" ? [`body: ${escaped(body ?? "")}`] : [];
    return { id, group: group.id, title, family, behind: null, input: [...said, ...given] };
  }),
);

function saidWords(said: Said): string {
  if (said === null) return "(the connection ends)";
  return typeof said === "string" ? escaped(said) : `${escaped(said.last)} (and the connection ends)`;
}

export const rows: readonly Row[] = [...serverRows, ...clientRows];
