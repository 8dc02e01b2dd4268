import { Pop3ClientSession } from "pop3-codec";
import { drive, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { HELLO, play } from "./support.ts";

describe("CAPA", () => {
  it("[CAPA-5-2] -ERR means unknown", () => {
    const session = new Pop3ClientSession();
    drive(
      session,
      [octets(`${HELLO}-ERR\r\n`)],
      (event) => {
        if (event.type === "greeting") session.capa();
      },
      false,
    );
    expect([session.capabilities, session.waiting]).toEqual([null, "decision"]);
  });

  it("[CAPA-5-5] tags are kept with their arguments; SASL lines add up", () => {
    const list = "+OK\r\ntop\r\nSASL plain LOGIN\r\n\r\nEXPIRE 30 USER \r\nsasl PLAIN scram-sha-256\r\nTOP x\r\n.\r\n";
    const { events } = play(`${HELLO}${list}`, [(s) => s.capa()]);
    const [capabilities] = events.flatMap((event) =>
      event.type === "capa" && "capabilities" in event ? [event.capabilities!] : [],
    );
    expect([...capabilities!.tags]).toEqual([
      ["TOP", { tag: "TOP" }],
      ["SASL", { tag: "SASL", mechanisms: ["PLAIN", "LOGIN"] }],
      ["EXPIRE", { tag: "EXPIRE", days: 30, user: true }],
    ]);
    expect(capabilities!.sasl).toEqual(["PLAIN", "LOGIN", "SCRAM-SHA-256"]);
  });
});
