import { SmtpClientSession } from "smtp-codec";
import { describe, expect, it } from "vitest";

const create = (options: object) => () => new SmtpClientSession(options);

describe("options of a client", () => {
  it.each(["tls", "requireTls", "tlsWhenOffered", "pipelining"])("%s is a boolean", (name) => {
    for (const [value, type] of [
      ["no", "string"],
      [0, "number"],
      [null, "null"],
    ]) {
      expect(create({ [name]: value })).toThrow(new TypeError(`"${name}" expected a boolean, got ${type}`));
    }
    expect(create({ [name]: undefined })).not.toThrow();
  });

  it.each([
    ...["authEquals", "challengeNotBase64", "textBehindChallenge"],
    ...["any3yzStartsContent", "bareLfEndsReply", "heloAfterAny5yz"],
  ])("leniencies.%s is a boolean", (name) => {
    const message = `"leniencies.${name}" expected a boolean, got string`;
    expect(create({ leniencies: { [name]: "no" } })).toThrow(new TypeError(message));
    expect(create({ leniencies: { [name]: true } })).not.toThrow();
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
    [{ maxReplyLineLength: "4096" }, '"maxReplyLineLength" expected a whole number'],
    [{ maxSaslLineLength: null }, '"maxSaslLineLength" expected a whole number'],
    [{ highWaterMark: "x" }, '"highWaterMark" expected a whole number'],
    [{ maxPendingInput: null }, '"maxPendingInput" expected a whole number'],
    [{ timeouts: { EHLO: "300" } }, '"timeouts.EHLO" expected seconds, more than 0'],
    [{ timeouts: { content: Number.NaN } }, '"timeouts.content" expected seconds, more than 0'],
  ])("%j: RangeError", (options, message) => {
    expect(create(options)).toThrow(RangeError);
    expect(create(options)).toThrow(message);
  });
});
