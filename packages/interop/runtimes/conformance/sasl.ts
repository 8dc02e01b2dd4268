/** Generated exchanges of every mechanism, those that succeed and those of which an octet is changed on the way; SASLprep of any text. */
import fc from "fast-check";
import { corruptedExchanges, exchanges, runExchange } from "sasl/arbitraries";
import { saslprep, tracePrep } from "sasl/saslprep";
import type { Log } from "./log.ts";
import { COUNT, samples } from "./samples.ts";

export function saslExchanges(log: Log): void {
  for (const exchange of samples(exchanges(), 31)) {
    log.items++;
    const tamper = (bytes: Uint8Array) => log.input(bytes);
    log.attempt(() => log.event(runExchange(exchange, tamper)));
    log.attempt(() => log.event(runExchange(exchange, tamper, false)));
  }
  for (const { exchange, tamper } of samples(corruptedExchanges(), 32)) {
    log.items++;
    log.attempt(() => log.event(runExchange(exchange, (bytes, index) => log.input(tamper(bytes, index)))));
  }
}

/** Every code point that is one, and strings of them. What the platform's own tables say must not show. */
export function preparation(log: Log): void {
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 7) {
    log.items++;
    const text = String.fromCodePoint(codePoint);
    log.event([saslprep(text, "stored"), saslprep(`a${text}`)]);
  }
  for (const text of samples(fc.string({ unit: "binary", maxLength: 30 }), 33, COUNT)) {
    log.items++;
    const given = new TextDecoder().decode(log.input(new TextEncoder().encode(text)));
    log.event([saslprep(given, "stored"), saslprep(given), tracePrep(given)]);
  }
}
