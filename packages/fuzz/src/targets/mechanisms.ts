import { cramMd5Server, loginServer, plainServer, type SaslServer, xoauth2Server } from "sasl";
import type { Choices } from "../input/choices.ts";

/** The mechanisms that fuzzed servers offer. */
export const offered: readonly string[] = ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"];

/** A server's mechanism of `offered`. */
export function serverMechanism(name: string): SaslServer {
  switch (name) {
    case "LOGIN":
      return loginServer();
    case "CRAM-MD5":
      return cramMd5Server({ challenge: "<1896.697170952@postoffice.example.net>" });
    case "XOAUTH2":
      return xoauth2Server();
    default:
      return plainServer();
  }
}

/** What an application answers to a step that is its own: mostly yes. */
export function decide(mechanism: SaslServer, step: { readonly type: string }, choices: Choices): unknown {
  if (step.type === "lookup") return mechanism.provide(choices.rarely() ? null : { password: "tanstaaftanstaaf" });
  return choices.rarely() ? mechanism.reject() : mechanism.accept("tim");
}
