import { describe, expect, it } from "vitest";
import { no, play, responses } from "../support.ts";

describe("AUTH", () => {
  const auth = (input: string) => responses(input, { mechanisms: ["ECHO", "ASK"] });
  it.each([
    ["[PAUTH-4-2] an initial response", "AUTH ECHO eWVz\r\nSTAT\r\n", "+OK\r\n+OK 4 76\r\n"],
    ["[PAUTH-4-5] a challenge, and an empty one", "AUTH echo\r\n\r\neWVz\r\n", "+ d2hhdD8=\r\n+ \r\n+OK\r\n"],
    [
      "[PAUTH-4-14] final data is one more challenge",
      "AUTH ECHO ZGF0YQ==\r\n\r\nSTAT\r\n",
      "+ cHJvb2Y=\r\n+OK\r\n+OK 4 76\r\n",
    ],
    [
      "an answer to final data",
      "AUTH ECHO ZGF0YQ==\r\neWVz\r\n",
      "+ cHJvb2Y=\r\n-ERR [AUTH] authentication failed\r\n",
    ],
    ["[PAUTH-4-8] a cancellation", "AUTH ECHO\r\n*\r\nQUIT\r\n", "+ d2hhdD8=\r\n-ERR authentication failed\r\n+OK\r\n"],
    [
      "[PAUTH-4-10] a response that is not base64",
      "AUTH ECHO\r\n=\r\nQUIT\r\n",
      "+ d2hhdD8=\r\n-ERR authentication failed\r\n+OK\r\n",
    ],
    ["a refusal by the mechanism", "AUTH ECHO bm8=\r\n", "-ERR [AUTH] authentication failed\r\n"],
    ["a step that only the application knows", "AUTH ASK\r\n", "-ERR [AUTH] authentication failed\r\n"],
    [
      "a mechanism not offered, and malformed ones",
      "AUTH FOO\r\nAUTH ECHO =x\r\nAUTH ECHO a b\r\n",
      no(
        "the mechanism is not offered",
        "expected base64 or =",
        "expected a mechanism and at most one initial response",
      ),
    ],
    ["[POP3-Q-12] AUTH alone lists the mechanisms", "AUTH\r\n", "+OK\r\nECHO\r\nASK\r\n.\r\n"],
    [
      "[PAUTH-4-12] a response over the limit",
      `AUTH ECHO\r\n${"A".repeat(20_000)}\r\nQUIT\r\n`,
      "+ d2hhdD8=\r\n-ERR authentication failed\r\n+OK\r\n",
    ],
    [
      "[PAUTH-4-13] an AUTH longer than other commands",
      `AUTH ECHO ${"A".repeat(400)}\r\n`,
      "-ERR [AUTH] authentication failed\r\n",
    ],
  ])("%s", (_, input, expected) => {
    expect(auth(input)).toBe(expected);
  });

  it("names what failed, and ends with the connection", () => {
    const causes = play("AUTH ECHO bm8=\r\nAUTH ECHO\r\n*\r\nAUTH ECHO\r\n!\r\nAUTH ECHO\r\n", {
      mechanisms: ["ECHO"],
    }).events.flatMap((event) =>
      event.type === "authentication-failed" ? [event.cause] : event.type === "closed" ? [event.cause] : [],
    );
    expect(causes).toEqual(["refused", "cancelled", "malformed", "end-of-input"]);
  });

  it("can be refused before it begins", () => {
    const { output } = play(
      "AUTH ECHO\r\n",
      { mechanisms: ["ECHO"], leniencies: { authLists: false } },
      (session, event) => {
        if (event.type === "auth") session.reject({ code: "SYS/PERM", text: "not you" });
      },
    );
    expect(output).toBe("+OK\r\n-ERR [SYS/PERM] not you\r\n");
    expect(responses("AUTH\r\n", { mechanisms: ["ECHO"], leniencies: { authLists: false } })).toBe(
      no("AUTH expected a mechanism"),
    );
  });
});
