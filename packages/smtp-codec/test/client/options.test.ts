import { SmtpClientSession } from "smtp-codec";
import { type PlainOptions, refusedOptions, takenOptions } from "tools/testing";
import { describe, expect, it } from "vitest";

const create = (options: object) => () => new SmtpClientSession(options);

const OPTIONS: PlainOptions = {
  flags: ["tls", "requireTls", "tlsWhenOffered", "pipelining"],
  leniencies: [
    ...["authEquals", "challengeNotBase64", "textBehindChallenge"],
    ...["any3yzStartsContent", "bareLfEndsReply", "heloAfterAny5yz"],
  ],
  limits: [
    ["highWaterMark", 0],
    ["maxPendingInput", 0],
    ["maxReplyLineLength", 512],
    ["maxSaslLineLength", 512],
  ],
};

describe("options of a client", () => {
  it.each(refusedOptions(OPTIONS))("%j: refused", (options, error) => {
    expect(create(options)).toThrow(error.constructor as ErrorConstructor);
    expect(create(options)).toThrow(error);
  });

  it.each(takenOptions(OPTIONS))("%j: taken", (options) => {
    expect(create(options)).not.toThrow();
  });

  it.each<[object, string]>([
    [{ requireTLS: true }, "alone, got requireTLS"],
    [{ host: "mx.example.com" }, "alone, got host"],
    [{ leniencies: { bareLF: true } }, "alone, got bareLF"],
    [{ leniencies: null }, '"leniencies" expected an object, got null'],
    [{ leniencies: true }, '"leniencies" expected an object, got boolean'],
    [{ timeouts: 300 }, '"timeouts" expected an object, got number'],
    [{ timeouts: null }, '"timeouts" expected an object, got null'],
    [{ timeouts: { ehlo: 300 } }, '"timeouts" expected greeting, content, EHLO, '],
    [{ timeouts: { ehlo: 300 } }, "alone, got ehlo"],
    [{ protocol: 5 }, '"protocol" expected a string, got number'],
    [{ lineEndings: true }, '"lineEndings" expected a string, got boolean'],
  ])("%j: TypeError", (options, message) => {
    expect(create(options)).toThrow(TypeError);
    expect(create(options)).toThrow(message);
  });

  it.each<[object, string]>([
    [{ timeouts: { EHLO: "300" } }, '"timeouts.EHLO" expected seconds, more than 0'],
    [{ timeouts: { content: Number.NaN } }, '"timeouts.content" expected seconds, more than 0'],
  ])("%j: RangeError", (options, message) => {
    expect(create(options)).toThrow(RangeError);
    expect(create(options)).toThrow(message);
  });
});
