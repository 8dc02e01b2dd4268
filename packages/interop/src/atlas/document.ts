/** The document that is made from the record: `ATLAS.md`. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { aligned } from "../covered/markdown.ts";
import { groups } from "./questions/index.ts";
import type { Group, Question } from "./questions/question.ts";
import type { Atlas, Column, Row } from "./record.ts";

const file = fileURLToPath(new URL("../../ATLAS.md", import.meta.url));

export function writeDocument(atlas: Atlas): void {
  writeFileSync(file, document(atlas));
}

/** Whether the document is what the record says. */
export function isDocumentUpToDate(atlas: Atlas): boolean {
  return existsSync(file) && readFileSync(file, "utf8") === document(atlas);
}

interface Section {
  readonly title: string;
  readonly groups: readonly Group<Question>[];
  /** In the place of the groups' own texts. */
  readonly text?: string;
  readonly isIn: (column: Column) => boolean;
}

const SECTIONS: readonly Section[] = [
  {
    title: "SMTP and LMTP servers",
    groups: groups.smtpServers,
    isIn: ({ role, protocol }) => role === "server" && protocol !== "POP3",
  },
  {
    title: "POP3 servers",
    groups: groups.pop3Servers,
    isIn: ({ role, protocol }) => role === "server" && protocol === "POP3",
  },
  {
    title: "SMTP clients",
    groups: groups.smtpClients,
    isIn: ({ role, protocol }) => role === "client" && protocol !== "POP3",
  },
  {
    title: "POP3 clients",
    groups: groups.pop3Clients,
    isIn: ({ role, protocol }) => role === "client" && protocol === "POP3",
  },
  {
    title: "Parsers of content",
    groups: groups.smtpServers.slice(0, 2),
    text: "In one process, without a server around them: they are handed the octets that stand behind the header section. haraka-message-stream is handed lines, and looks for no end. The answers are those of the servers.",
    isIn: ({ peer, role }) => role === "parser" && !peer.includes("reply"),
  },
  {
    title: "Parsers of replies",
    groups: groups.smtpClients.slice(0, 1),
    text: "In one process: they are handed the odd reply alone. An answer is the codes that the parser hands over.",
    isIn: ({ peer, role }) => role === "parser" && peer.includes("reply"),
  },
];

export function document(atlas: Atlas): string {
  const parts = SECTIONS.map((section) => ({ section, columns: atlas.columns.filter(section.isIn) }));
  const filled = parts.filter(({ columns }) => columns.length > 0);
  return [
    "# Atlas of disagreements",
    "",
    "<!-- made by `pnpm interop --atlas` from atlas.json -->",
    "",
    ...INTRODUCTION,
    "",
    ...filled.flatMap(({ section, columns }) => index(section, columns, atlas)),
    "# Every answer",
    "",
    ...SECTIONS.slice(0, 4).flatMap((section) => section.groups.flatMap((group) => answers(group, atlas))),
  ].join("\n");
}

const INTRODUCTION = [
  "What mail servers and clients do with octets that software disagrees about. Each question is a fixed input, mostly the least one of a",
  "family of the generators in `smtp-codec/arbitraries`, `pop3-codec/arbitraries` and `dot-stuffing/arbitraries`. It is put to every peer",
  "that `pnpm interop` can start, over loopback, twice; an answer that was not the same both times says so. An answer is what was seen:",
  "reply codes, the end of a connection, and what was stored or sent on. It says nothing about why, and nothing about other versions or",
  "settings: the servers run as the files in [`src/peers`](src/peers) set them up.",
  "",
  "`pnpm interop --atlas` makes this document and [`atlas.json`](atlas.json) anew, `pnpm interop --atlas exim dovecot` the part of some peers.",
  "",
  "In inputs and messages `\\r`, `\\n`, `\\t`, `\\x00` and `\\xe9` stand for octets as in C, and `x{998}` for 998 of them. Where LMTP is spoken, LHLO is",
  "sent for EHLO. Servers that keep messages in files with LF at the end of a line (`dovecot-lmtp`, `smtp-sink`) show a bare LF as CRLF.",
];

function index({ title, groups: all, text }: Section, columns: readonly Column[], atlas: Atlas): string[] {
  const versions = columns.map(({ peer, version }) => `${peer} ${version}`).join(", ");
  return [
    `# ${title}`,
    "",
    `${versions}.`,
    "",
    ...all.flatMap((group) => [
      `## ${group.title}`,
      "",
      text ?? group.text,
      "",
      ...aligned([
        ["", ...columns.map(({ peer }) => peer)],
        ...rowsOf(group, atlas).map((row) => [
          `[${row.title}](#${row.id})`,
          ...columns.map(({ peer }) => cell(answerOf(atlas, row, peer)?.short ?? "")),
        ]),
      ]),
      "",
    ]),
  ];
}

function answers(group: Group<Question>, atlas: Atlas): string[] {
  return rowsOf(group, atlas).flatMap((row) => [
    `<a id="${row.id}"></a>`,
    "",
    `### ${row.title}`,
    "",
    ...(row.behind === null ? [] : [`Behind ${row.behind}:`, ""]),
    ...row.input.map((octets) => `    ${octets}`),
    "",
    ...(row.family === null ? [] : [`Family: \`${row.family}\`.`, ""]),
    ...grouped(atlas, row).map(([words, names]) => `- **${names.join(", ")}**: ${words}`),
    "",
  ]);
}

/** Peers with the same answer stand together, in the order of the columns. */
function grouped(atlas: Atlas, row: Row): [string, string[]][] {
  const found = new Map<string, string[]>();
  for (const peer of new Set(atlas.columns.map(({ peer }) => peer))) {
    const words = answerOf(atlas, row, peer)?.words;
    if (words !== undefined) found.set(words, [...(found.get(words) ?? []), peer]);
  }
  return [...found];
}

function rowsOf(group: Group<Question>, { questions }: Atlas): Row[] {
  return questions.filter((row) => row.group === group.id);
}

function answerOf({ answers: all }: Atlas, { id }: Row, peer: string) {
  return all.find((one) => one.question === id && one.peer === peer);
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
