/** As much of OAuth 2.0's token introspection (RFC 7662) as a server asks for: whose is this token, and is it good? */
import { createServer } from "node:http";
import type { Stoppable } from "../system/daemon.ts";

export interface Introspection extends Stoppable {
  readonly port: number;
}

/** @param tokens their owners */
export async function startIntrospection(tokens: ReadonlyMap<string, string>): Promise<Introspection> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const username = tokens.get(new URLSearchParams(body).get("token") ?? "");
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(username === undefined ? { active: false } : { active: true, username }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the introspection server has no port");
  return {
    port: address.port,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
