import { record, replay } from "dot-stuffing/recording";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { Echo, role } from "./echo.ts";

const HEADER = 'recording 1 echo {"content":false,"secrets":false,"options":{}}';

const MOST = "expected runs of at most 134217728 octets in all";

describe("replay", () => {
  it.each([
    ["nothing", [], 'line 1 of the recording: expected "recording", a version, a role and JSON, got ""'],
    ["no first line", ["C: a"], 'line 1 of the recording: expected "recording", a version'],
    [
      "no JSON there",
      ["", "recording 1 echo {,}"],
      'line 2 of the recording: expected JSON, got "recording 1 echo {,}"',
    ],
    ["another role", ["recording 1 smtp-server {}"], "line 1 of the recording: expected version 1 of echo"],
    ["another version", ["recording 2 echo {}"], "line 1 of the recording: expected version 1 of echo"],
    [
      "options that are none",
      ['recording 1 echo {"options":{"limit":0}}'],
      "expected options of echo (RangeError: limit)",
    ],
    [
      "no options",
      ["recording 1 echo {}"],
      'expected options of echo (TypeError: "options" expected an object, got undefined)',
    ],
    ["a word that is none", [HEADER, "# a note", "hello"], 'line 3 of the recording: expected "C:", "S:", "event"'],
    ["a line that begins with a space", [HEADER, " C: a"], 'line 2 of the recording: expected "C:", "S:", "event"'],
    ["a line end within a line", [HEADER, "event a\rb {}"], 'line 2 of the recording: expected "C:", "S:", "event"'],
    ["an escape that is none", [HEADER, "C: \\q"], 'line 2 of the recording: expected escaped octets, got "C: \\q"'],
    ["an event without JSON", [HEADER, "event line"], "line 2 of the recording: expected an event's type and its JSON"],
    ["an event of bad JSON", [HEADER, "event line {x}"], "line 2 of the recording: expected JSON"],
    ["a call without arguments", [HEADER, "call use"], "expected a call's name and its arguments as a JSON array"],
    ["octets that are none", [HEADER, 'call say [{"$octets":"a\\\\"}]'], "line 2 of the recording: expected JSON"],
    ["octets that are no text", [HEADER, 'call say [{"$octets":1}]'], "line 2 of the recording: expected JSON"],
    ["a list that is none", [HEADER, 'call say [{"$set":1}]'], "line 2 of the recording: expected JSON"],
    [
      "an answer that is none",
      [HEADER, "outside 1"],
      'expected "C:", "S:", "event", "waiting", "call", "threw" or "outside"',
    ],
    ["an answer of bad JSON", [HEADER, "outside 1 x {"], "expected JSON"],
    ["a run longer than memory", [HEADER, "C: \\(999999999)"], `line 2 of the recording: ${MOST}, got "C: `],
    ["such a run in JSON", [HEADER, 'call say [{"$octets":"\\\\<999999999>"}]'], `line 2 of the recording: ${MOST}`],
    [
      "such a run in the options",
      ['recording 1 echo {"o":{"$octets":"\\\\[999999999]"}}'],
      `line 1 of the recording: ${MOST}`,
    ],
    [
      "runs that are too long together",
      [HEADER, "C: \\(9)\\[134217719]", "C: \\<1>"],
      `line 3 of the recording: ${MOST}`,
    ],
    ["a long line", [HEADER, "x".repeat(100)], `got "${"x".repeat(80)}…"`],
  ])("refuses %s, naming the line", (_, lines, message) => {
    expect(() => replay(role, lines)).toThrow(message);
  });

  it.each([
    [
      "another event",
      ["C: a", 'event line {"bytes":{"$octets":"b"}}'],
      'line 3: recorded event line {"bytes":{"$octets":"b"}}; replayed event line {"bytes":{"$octets":"x"}}',
    ],
    [
      "no event",
      ["C: a\\", 'event line {"bytes":{"$octets":"x"}}'],
      'line 3: recorded event line {"bytes":{"$octets":"x"}}; replayed waiting bytes',
    ],
    ["other output", ["C: a", 'event line {"bytes":{"$octets":"x"}}', "S: b"], "line 4: recorded S: b; replayed S: a"],
    ["no output", ["S: b"], "line 2: recorded S: b; replayed call takeOutput []"],
    [
      "less output",
      ["C: a", 'event line {"bytes":{"$octets":"x"}}', "S: a", "S+ b"],
      "line 5: recorded S+ b; replayed nothing",
    ],
    ["nothing thrown", ["waiting bytes", "threw Error"], "line 3: recorded threw Error; replayed nothing"],
    [
      "a call that is none",
      ["call nothing []"],
      "replayed RecordingError: line 2 of the recording: expected a method of the session",
    ],
    ["a call of the class", ["call constructor []"], "expected a method of the session"],
    ["input that is refused", [`C: ${"y".repeat(260)}`], "replayed StateError: receive() is not possible full"],
    ["an object never declared", ['call use [{"$outside":7}]'], "line 2: recorded call use"],
    [
      "a question not recorded",
      ['call use [{"$outside":1,"methods":["x"],"fields":["name"]}]', "waiting bytes"],
      "line 3: recorded waiting bytes; replayed threw Error",
    ],
    [
      "an answer to no question",
      ["outside 1 x 1", "waiting bytes"],
      "line 2: recorded outside 1 x 1; replayed waiting bytes",
    ],
    ["answers without an end", ["outside 1 x 1"], "line 2: recorded outside 1 x 1; replayed waiting bytes"],
  ])("says what differs: %s", (_, lines, difference) => {
    expect(replay(role, [HEADER, ...lines]).run()).toContain(difference);
  });

  it("goes step by step, stops before an event, and shows where the session stands", () => {
    const lines: string[] = [];
    const session = record(role, { greet: (name) => name }, (line) => lines.push(line));
    session.receive(octets("a\r\nb\r\n"));
    session.nextEvent();
    session.tlsEstablished();
    for (const _ of session);
    const replayed = replay(role, ["# a note", "", ...lines.map((line) => `${line}\r`)]);
    expect(replayed.state).toEqual({ line: 4, state: "open", waiting: "bytes", row: { LINE: "open", TLS: "secure" } });
    expect(replayed.next()).toEqual({ line: 4, lines: ["C: a", "C+ b"], difference: null });
    for (const none of [0, -1, 0.5, Number.NaN, "2" as unknown as number]) {
      expect(() => replayed.until(none)).toThrow(
        new RangeError(`"n" expected a whole number of at least 1, or Infinity, got ${none}`),
      );
    }
    expect(replayed.state.line).toBe(6);
    expect(replayed.until(1).state.line).toBe(6);
    expect(replayed.until(2).state).toEqual({ line: 9, state: "secure", waiting: "bytes", row: { LINE: "open" } });
    expect(replayed.until(2).next()!.lines).toEqual(['outside 1 call "b"', 'event line {"bytes":{"$octets":"x"}}']);
    expect(replayed.until(9).state.line).toBe(null);
    expect(replay(role, lines).until(Number.POSITIVE_INFINITY).state.line).toBe(null);
    expect(replayed.next()).toBe(null);
    expect(replayed.run()).toBe(null);
    expect(replayed.session).toBeInstanceOf(Echo);
  });

  it("answers what a session asks as soon as it begins", () => {
    const lines: string[] = [];
    const session = record(role, { own: { keyword: "FOO", make: () => 7 } }, (line) => lines.push(line));
    session.receive(octets("a\r\n"));
    expect(session.nextEvent()).toMatchObject({ type: "line" });
    expect(lines.slice(1, 4)).toEqual(['outside 1 keyword "FOO"', "outside 1 make 7", "C: a"]);
    const replayed = replay(role, lines);
    expect(replayed.state).toMatchObject({ line: 4, state: "open for FOO 7" });
    expect(replayed.run()).toBe(null);
    expect(() => replay(role, [lines[0]!, lines[2]!])).toThrow(
      "line 1 of the recording: expected options of echo (Error: a question that was not recorded: outside 1 keyword)",
    );
  });

  it("takes a recording that ends within a step", () => {
    expect(replay(role, [HEADER, "C: a", "C+ b", "event line {}"].slice(0, 3)).run()).toBe(null);
    expect(replay(role, [HEADER, "C: boom", "call nextEvent []"]).run()).toBe(null);
  });
});
