import type { Target } from "../target.ts";
import { lineReader } from "./dot-stuffing/line-reader.ts";
import { stuffer } from "./dot-stuffing/stuffer.ts";
import { unstuffer } from "./dot-stuffing/unstuffer.ts";
import { pop3Client, pop3Retrieval } from "./pop3/client.ts";
import { pop3Listing, pop3Top } from "./pop3/listing.ts";
import { pop3Pair } from "./pop3/pair.ts";
import { pop3Server } from "./pop3/server.ts";
import { pop3Capabilities, pop3Command, pop3Response } from "./pop3/syntax.ts";
import { recording } from "./recording.ts";
import { saslMechanisms } from "./sasl/mechanism.ts";
import { saslKeys, saslPrep, securityBuffers } from "./sasl/texts.ts";
import { smtpCapabilities } from "./smtp/capabilities.ts";
import { smtpClient } from "./smtp/client.ts";
import { smtpCommand } from "./smtp/command.ts";
import { smtpPair } from "./smtp/pair/index.ts";
import { smtpParameters } from "./smtp/parameters.ts";
import { smtpPaths } from "./smtp/paths.ts";
import { smtpReply } from "./smtp/reply.ts";
import { lmtpServer, smtpServer } from "./smtp/server.ts";
import { smtpTransaction } from "./smtp/transaction.ts";

/** Every decoder and session, both roles. */
export const targets: readonly Target[] = [
  ...[unstuffer, stuffer, lineReader],
  ...[smtpCommand, smtpPaths, smtpParameters, smtpReply, smtpCapabilities],
  ...[smtpServer, lmtpServer, smtpClient, smtpTransaction, smtpPair],
  ...[pop3Command, pop3Response, pop3Capabilities, pop3Listing, pop3Top],
  ...[pop3Server, pop3Client, pop3Retrieval, pop3Pair],
  ...saslMechanisms,
  ...[saslPrep, saslKeys, securityBuffers],
  recording,
];
