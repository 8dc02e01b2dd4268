import {
  decodeXtext,
  encodeXtext,
  formatCommand,
  isFault,
  parseCommand,
  type RcptCommand,
  typeMailParameters,
  typeRcptParameters,
} from "smtp-codec/syntax";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";

describe("xtext", () => {
  it.each([
    ["a+b=c d", "a+2Bb+3Dc+20d"],
    ["~!", "~!"],
    ["", ""],
    ["\x7f\0", "+7F+00"],
  ])("%j is %s", (plain, xtext) => {
    expect(encodeXtext(plain)).toBe(xtext);
    expect(decodeXtext(xtext)).toBe(plain);
  });

  it.each(["+", "+1", "+GG", "a=b", "a b", "\x7f", "\xe9"])("[DSN-4-2] %j is none", (xtext) => {
    expect(decodeXtext(xtext)).toBe(null);
  });

  it("takes lower-case digits, and writes no character above ASCII", () => {
    expect(decodeXtext("+3d")).toBe("=");
    expect(() => encodeXtext("\u00e9")).toThrow('"text" expected ASCII alone');
  });

  it("[DSN-4-1] every octet but the plain ones is a plus sign and two upper-case digits", () => {
    for (let octet = 0; octet < 128; octet++) {
      const plain = octet > 32 && octet < 127 && octet !== 0x2b && octet !== 0x3d;
      const char = String.fromCharCode(octet);
      const hex = `+${octet.toString(16).toUpperCase().padStart(2, "0")}`;
      expect([encodeXtext(char), decodeXtext(hex)]).toEqual([plain ? char : hex, char]);
    }
  });

  it.each(["MAIL FROM:<a+40b@c> SIZE=+31", "MAIL FROM:<a@b> BODY=7+42IT", "RCPT TO:<a@b> NOTIFY=NEVE+52"])(
    "[DSN-4-3] nothing in %s is decoded",
    (line) => {
      const command = parseCommand(octets(line));
      if (isFault(command)) throw new Error(command.text);
      expect(formatCommand(command)).toBe(`${line}\r\n`);
      const typed =
        command.verb === "MAIL"
          ? typeMailParameters(command.parameters, () => [])
          : typeRcptParameters((command as RcptCommand).parameters, () => []);
      expect(typed).toMatchObject({ fault: "invalid-parameter" });
    },
  );
});
