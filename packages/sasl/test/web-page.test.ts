/** The credentials that a German web page on POP3 and SMTP prints, both ways. */
import {
  apopDigest,
  type ClientStep,
  cramMd5Client,
  cramMd5Server,
  loginClient,
  loginServer,
  plainClient,
  plainServer,
  type ServerStep,
  verifyApop,
} from "sasl";
import { expect, it } from "vitest";
import { fromBase64, toBase64 } from "./support.ts";

// The page's prose says benutzer@zeitform-services.de; its base64 says this.
const own = { authenticationIdentity: "benutzer@zeitform.de", password: "geheimes_passwort" };
const page = {
  loginName: "YmVudXR6ZXJAemVpdGZvcm0uZGU=",
  loginPassword: "Z2VoZWltZXNfcGFzc3dvcnQ=",
  cramChallenge: "PDQwMzYuMTA3NjMyNDM4MUBndWlsZGVuc3Rlcm4uemVpdGZvcm0uZGU+",
  cramAnswer: "YmVudXR6ZXJAemVpdGZvcm0uZGUgMmQ5MzczZGZkOTFlMmU2NjMxYzhlMWFkNjk4MzRmYWQ=",
  plain: "AGJlbnV0emVyQHplaXRmb3JtLmRlAGdlaGVpbWVzX3Bhc3N3b3J0",
};
const base64 = (step: ClientStep | ServerStep) => ("bytes" in step ? toBase64(step.bytes) : step.type);

it("LOGIN, sent and read", () => {
  const client = loginClient(own);
  client.start();
  expect(base64(client.next(fromBase64("VXNlcm5hbWU6")))).toBe(page.loginName);
  expect(base64(client.next(fromBase64("UGFzc3dvcmQ6")))).toBe(page.loginPassword);

  const server = loginServer();
  expect(base64(server.next(null))).toBe("VXNlcm5hbWU6");
  expect(base64(server.next(fromBase64(page.loginName)))).toBe("UGFzc3dvcmQ6");
  expect(server.next(fromBase64(page.loginPassword))).toMatchObject({ type: "verify", ...own });
});

it("CRAM-MD5, sent and read", () => {
  const client = cramMd5Client(own);
  client.start();
  expect(base64(client.next(fromBase64(page.cramChallenge)))).toBe(page.cramAnswer);

  const server = cramMd5Server({ challenge: fromBase64(page.cramChallenge) });
  expect(base64(server.next(null))).toBe(page.cramChallenge);
  expect(server.next(fromBase64(page.cramAnswer))).toMatchObject({
    type: "lookup",
    authenticationIdentity: own.authenticationIdentity,
  });
  expect(server.provide({ password: own.password }).type).toBe("success");
});

it("PLAIN, sent and read", () => {
  expect(base64(plainClient(own).start())).toBe(page.plain);
  expect(plainServer().next(fromBase64(page.plain))).toMatchObject({
    type: "verify",
    authorizationIdentity: null,
    ...own,
  });
});

it("APOP: the printed digest does not follow from the printed timestamp and password", () => {
  const timestamp = "<1017.997873531@mail.zeitform-services.de>";
  const { password } = own;
  expect(apopDigest(timestamp, password)).toBe("ff6ed41840dbfbff9c88ba38dc96497b");
  expect(verifyApop({ timestamp, password, digest: "ff6ed41840dbfbff9c88ba38dc96497b" })).toBe(true);
  expect(verifyApop({ timestamp, password, digest: "69cd75fb958e7958da34922f05cc3057" })).toBe(false);
});
