/** The trace fields that a receiver writes on top of a message (RFC 5321 §4.4). */
import type { ReversePath } from "smtp-codec";
import { addressLiteral } from "smtp-codec/syntax";
import { formatReceived, formatReturnPath, helloDomain, type WithProtocol } from "smtp-codec/trace";

/** What a receiver knows of a message besides its content. */
export interface Reception {
  readonly from: ReversePath;
  /** What the client called itself. */
  readonly hello: string;
  readonly remoteAddress: string;
  /** What the receiver calls itself. */
  readonly host: string;
  readonly protocol: WithProtocol;
}

/** @param between what stands between Return-Path and Received */
export function traceOf({ from, hello, remoteAddress, host, protocol }: Reception, between = ""): string {
  const received = formatReceived({
    from: helloDomain(hello, addressLiteral(remoteAddress)),
    by: { domain: host },
    with: protocol,
    date: { date: new Date() },
    smtputf8: true,
  });
  return formatReturnPath(from, { smtputf8: true }) + between + received;
}
