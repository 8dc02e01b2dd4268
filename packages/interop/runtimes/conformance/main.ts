/**
 * The conformance program: vectors, transcripts and generated sessions through every part of the four packages, and one digest of all
 * events and octets that came of it. A plain module of web standards: the same file runs in every runtime, and has to say the same.
 */
import { dotStuffing, streams } from "./dot-stuffing.ts";
import { driven } from "./driven.ts";
import { Log, sha256 } from "./log.ts";
import { pop3Client, pop3Pairs, pop3Recordings, pop3Server, pop3Syntax } from "./pop3.ts";
import type { Report, SectionReport } from "./report.ts";
import { preparation, saslExchanges } from "./sasl.ts";
import { seeds } from "./seeds.ts";
import { smtpClient, smtpPairs, smtpRecordings, smtpServer, smtpSyntax } from "./smtp.ts";
import { vectors } from "./vectors.ts";

const sections: Readonly<Record<string, (log: Log) => void | Promise<void>>> = {
  vectors,
  "seed transcripts": seeds,
  "dot-stuffing": dotStuffing,
  streams,
  "SASL exchanges": saslExchanges,
  SASLprep: preparation,
  "SMTP syntax": smtpSyntax,
  "SMTP server": smtpServer,
  "SMTP client": smtpClient,
  "SMTP pairs": smtpPairs,
  "SMTP recordings": smtpRecordings,
  "SMTP over streams": driven,
  "POP3 syntax": pop3Syntax,
  "POP3 server": pop3Server,
  "POP3 client": pop3Client,
  "POP3 pairs": pop3Pairs,
  "POP3 recordings": pop3Recordings,
};

/** @param flips whether some bits of what goes in are turned over: every section has to come out otherwise */
export async function conformance(flips = false): Promise<Report> {
  const reports: SectionReport[] = [];
  for (const name of Object.keys(sections)) {
    const log = new Log(flips);
    await sections[name]!(log);
    reports.push(await log.report(name));
  }
  return { sections: reports, digest: await sha256(reports.map(({ digest }) => digest).join("\n")) };
}

/** All that one section writes down, to be compared with another runtime's. */
export async function written(name: string): Promise<readonly string[]> {
  const log = new Log(false);
  await sections[name]!(log);
  return log.lines;
}
