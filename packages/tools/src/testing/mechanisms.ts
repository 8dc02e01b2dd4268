/** SASL mechanisms with scripted steps, for tests of sessions. */
import type { SaslClient, SaslServer } from "dot-stuffing/session";
import { octets, text } from "./bytes.ts";

/**
 * A server's mechanism that challenges until it was answered `yes`, or `data`, which gives final data as well. One of
 * the name ASK wants the application to answer.
 */
export function fake(name: string): SaslServer {
  return {
    name,
    next: (response) => {
      if (name === "ASK") return { type: "verify" };
      if (response === null) return { type: "challenge", bytes: octets("what?") };
      const answered = text(response);
      if (answered === "yes" || answered === "data") {
        const data = answered === "data" ? octets("proof") : null;
        return { type: "success", authenticationIdentity: "tim", authorizationIdentity: "tim", data };
      }
      return answered === "" ? { type: "challenge", bytes: octets("") } : { type: "failure", text: "wrong" };
    },
    abort: () => {},
  };
}

/**
 * A client's mechanism that answers `what?` with `yes`, and is complete then; `ask` wants the application to answer.
 *
 * @param start the initial response, or null; after `all` it is complete at once
 */
export function echo(start: string | null = null, name = "ECHO"): SaslClient & { aborted: boolean } {
  let complete = false;
  return {
    name,
    aborted: false,
    start: () => ({ type: "response", bytes: start === null ? null : octets(start) }),
    next: (challenge) => {
      if (text(challenge) === "ask") return { type: "derive" };
      if (text(challenge) !== "what?") return { type: "failure", text: "not understood" };
      complete = true;
      return { type: "response", bytes: octets("yes") };
    },
    finish: () =>
      complete || start === "all"
        ? { type: "success", serverProved: complete }
        : { type: "failure", text: "incomplete" },
    abort() {
      this.aborted = true;
    },
  };
}

/** A client's mechanism that no server has: neither a challenge nor success is right for it. */
export const foobar: SaslClient = {
  name: "FOOBAR",
  start: () => ({ type: "response", bytes: null }),
  next: () => ({ type: "failure", text: "no challenge was expected" }),
  finish: () => ({ type: "failure", text: "no success was expected" }),
  abort: () => {},
};
