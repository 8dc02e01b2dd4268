/**
 * Generators for fast-check: exchanges of every mechanism that succeed, and ways to corrupt them. For tests of what
 * carries SASL, and of mechanisms of one's own beside these.
 *
 * ```ts
 * fc.assert(fc.property(exchanges(), (exchange) => runExchange(exchange).client?.type === "success"));
 * ```
 *
 * @module
 */
export { type CorruptedExchange, type Corruption, corrupt, corruptedExchanges, corruptions } from "./corruptions.ts";
export { type Exchange, type ExchangesOptions, exchanges, mechanismNames } from "./exchanges.ts";
export { type ExchangeEnd, type Message, runExchange } from "./run.ts";
