import { plainServer } from "sasl";
import { expect, it } from "vitest";
import { utf8 } from "./support.ts";

it.each([
  ["\0tim\0secret", "tim@example.com"],
  ["tim\0tim\0secret", "tim@example.com"],
  ["root\0tim\0secret", "root"],
  ["tim@example.com\0tim\0secret", "tim@example.com"],
])("%j, accepted as tim@example.com, acts as %j", (message, authorizationIdentity) => {
  const server = plainServer();
  server.next(utf8(message));
  expect(server.accept("tim@example.com")).toMatchObject({
    type: "success",
    authenticationIdentity: "tim@example.com",
    authorizationIdentity,
  });
});
