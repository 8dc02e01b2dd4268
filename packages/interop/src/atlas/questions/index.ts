/** Every question, and what the record says of each. */
import { escaped } from "../octets.ts";
import type { Row } from "../record.ts";
import { pop3ServerGroups } from "./pop3-server.ts";
import type { ServerQuestion } from "./question.ts";
import { smtpServerGroups } from "./smtp-server.ts";

export const groups = {
  smtpServers: smtpServerGroups,
  pop3Servers: pop3ServerGroups,
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
    return { id, group: group.id, title, family, behind: names[behind], input: flights.map((flight) => escaped(flight)) };
  }),
);

export const rows: readonly Row[] = serverRows;
