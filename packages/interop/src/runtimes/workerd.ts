/** workerd, the runtime of Cloudflare's Workers. */
import { copyFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Result, Task } from "examples/src/runtimes/mail.ts";
import type { Report } from "../../runtimes/conformance/report.ts";
import { type Check, type Peer, versionIn } from "../check.ts";
import { freePort } from "../system/daemon.ts";
import { fillIn, type World } from "../world.ts";
import { certificateOf, clientChecks, partOf, programChecks } from "./checks.ts";
import { installedAt } from "./programs.ts";
import { projectOf } from "./project.ts";

const BINARY = "workerd/bin/workerd";

/** Answers with what the program named in the path found. */
const PROGRAMS = `
import { conformance } from "./conformance.js";
import { counts } from "./import-all-bundled.js";
export default {
  async fetch(request) {
    const path = new URL(request.url).pathname;
    return Response.json(path === "/counts" ? counts : await conformance());
  },
};
`;

export const workerd: Peer = {
  name: "workerd",
  // A Worker has sockets to connect, and none to listen on.
  parts: partOf("server"),

  version: async (world) =>
    versionIn((await world.require(installedAt(BINARY), ["--version"])).stdout.toString(), /^workerd (\S+)/),

  async checks(world: World): Promise<readonly Check[]> {
    const trusting = await start(world, "workerd", true);
    const suspicious = await start(world, "workerd-without", false);
    const ask = async (path: string) => (await fetch(`${trusting.programs}/${path}`)).json();
    return [
      ...(await programChecks(
        world,
        "workerd",
        async () => (await ask("counts")) as Record<string, number>,
        async () => (await ask("conformance")) as Report,
      )),
      ...clientChecks(world, async (task) => {
        const { client } = "ca" in task.account ? trusting : suspicious;
        return perform(client, task);
      }),
    ];
  },
};

/** @throws Error with what the client says */
async function perform(client: string, task: Task): Promise<Result> {
  const answer = await fetch(client, { method: "POST", body: JSON.stringify(task) });
  const result = (await answer.json()) as Result | { readonly error: string };
  if ("error" in result) throw new Error(result.error);
  return result;
}

async function start(
  world: World,
  name: string,
  trusts: boolean,
): Promise<{ readonly client: string; readonly programs: string }> {
  const [folder, project, client, programs] = [
    await world.emptyRoom(name),
    await projectOf(world),
    await freePort(),
    await freePort(),
  ];
  for (const file of [project.worker, project.conformance, project.importAllBundled])
    await copyFile(file, join(folder, basename(file)));
  await writeFile(join(folder, "programs.js"), PROGRAMS);
  await writeFile(join(folder, "trusted.pem"), (await certificateOf(world)).cert);
  const config = await fillIn(new URL("../../runtimes/workerd.capnp", import.meta.url), {
    CLIENT: client,
    PROGRAMS: programs,
    TRUSTED: trusts ? 'embed "trusted.pem"' : "",
  });
  await writeFile(join(folder, "workerd.capnp"), config);
  await world.start({ command: installedAt(BINARY), args: ["serve", "workerd.capnp"], folder, port: client });
  return { client: `http://127.0.0.1:${client}`, programs: `http://127.0.0.1:${programs}` };
}
