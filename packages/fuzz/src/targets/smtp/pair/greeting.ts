import { drop } from "./content.ts";
import { answer, type Model, refuse } from "./model.ts";
import { offered } from "./policies.ts";
import { command, mayBeforeTls, offers, type Step } from "./step.ts";

export const hello = (verb: "EHLO" | "HELO"): Step =>
  command({
    verb,
    texts: ["client.example.com", "[192.0.2.1]", "refused.example.com", "old.example.com"],
    may({ client, policies }) {
      if (verb === "EHLO") return true;
      const { refusedHello } = client;
      const odd = policies.client.leniencies!.heloAfterAny5yz === true && refusedHello >= 500;
      return policies.client.protocol !== "lmtp" && ([0, 500, 502].includes(refusedHello) || odd);
    },
    give: ({ client }, text) => client.now[verb === "EHLO" ? "ehlo" : "helo"](text),
    served(model, text) {
      const code = text.startsWith("refused") ? 550 : text.startsWith("old") ? 502 : 250;
      if (code > 250 && verb === "EHLO") model.client.refusedHello = code;
      return { code, by: 0 };
    },
    done(model) {
      const { client, server, policies } = model;
      drop(model, "ready");
      server.hello = verb;
      client.refusedHello = 0;
      client.capabilities = verb === "EHLO" ? offered(policies, client.tls) : new Set();
      client.state = "ready";
    },
  });

/** All that hello and what came before it said is forgotten (RFC 3207 §4.2). */
export function startOver(model: Model, named: boolean): void {
  const { client, server } = model;
  drop(model, "greeted");
  server.hello = null;
  server.named = named;
  server.authenticated = named;
  client.authenticated = false;
  client.capabilities = null;
  client.refusedHello = 0;
}

export type Login = "auth" | "authWrong" | "authTwoStep" | "authForced" | "authDigest" | "authDigestWrong";

/** AUTH: with a password that is right or wrong, by PLAIN or by CRAM-MD5. */
export function auth(name: Login): Step {
  const mechanism = name.startsWith("authDigest") ? "CRAM-MD5" : "PLAIN";
  const wrong = name.endsWith("Wrong");
  return command({
    verb: "AUTH",
    may: (model) =>
      mayBeforeTls(model) &&
      !model.client.authenticated &&
      (name === "authForced" || offers(model, `AUTH ${mechanism}`)),
    give: (real) =>
      real.auth(mechanism, wrong ? "wrong" : "tanstaaf", {
        ...(name === "authForced" && { force: true }),
        ...(name === "authTwoStep" && { initialResponse: "never" }),
      }),
    served(model) {
      const { policies, client, server } = model;
      if (!offered(policies, client.tls).has(`AUTH ${mechanism}`)) return refuse(model, 504, "AUTH");
      if (!wrong) return answer(model, 235);
      server.authFailures++;
      return { code: 535, by: 0 };
    },
    done({ client, server }) {
      client.authenticated = server.authenticated = true;
    },
  });
}

export const starttls: Step = command({
  verb: "STARTTLS",
  may: ({ client }) => !client.tls,
  give: ({ client }) => client.now.starttls(),
  served: (model) => answer(model, model.policies.doesTls ? 220 : 454),
  done(model) {
    startOver(model, false);
    model.client.tls = true;
  },
});

/** Speaks for somebody else, who is logged in or not. */
export const xclient = (login: boolean): Step =>
  command({
    verb: "XCLIENT",
    may: (model) => offers(model, "XCLIENT"),
    give: ({ client }) =>
      client.now.xclient([login ? { name: "LOGIN", value: "tim" } : { name: "NAME", value: "b.example" }]),
    served: (model) => answer(model, 220),
    done: (model) => startOver(model, login || model.server.named),
  });
