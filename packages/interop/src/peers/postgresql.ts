/** PostgreSQL's server: SCRAM-SHA-256, and its -PLUS with the end point's binding. */
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Check, expectRejection, type Peer, versionIn } from "../check.ts";
import type { Feature } from "../covered/feature.ts";
import { shared } from "../mechanisms.ts";
import { type Daemon, freePort } from "../system/daemon.ts";
import { nobody } from "../system/process.ts";
import { ALICE, PASSWORD, type World } from "../world.ts";
import { logIn } from "./postgresql-client.ts";

const OWN = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"];

export const postgresql: Peer = {
  name: "postgresql",
  parts: [{ role: "server", protocol: "PostgreSQL", mechanisms: OWN }],

  async version(world: World): Promise<string> {
    const programs = await unpack(world);
    const text = (await world.require(join(programs, "postgres"), ["--version"])).stdout.toString();
    return versionIn(text, /^postgres \(PostgreSQL\) (\S+)/);
  },

  async checks(world: World): Promise<readonly Check[]> {
    const { port } = await start(world);
    const connecting = { port, certificate: world.certificate, user: ALICE };
    const logins = shared(OWN).flatMap((mechanism): Check[] => {
      const binding = mechanism.endsWith("-PLUS") ? "tls-server-end-point" : undefined;
      const covers: Feature[] = [
        { role: "server", protocol: "PostgreSQL", name: mechanism, ...(binding && { variant: binding }) },
      ];
      const connect = (isRight: boolean) => logIn({ ...connecting, mechanism, isRight, ...(binding && { binding }) });
      return [
        { title: `lets a client in with ${mechanism}`, covers, run: () => connect(true) },
        {
          title: `refuses a wrong password (${mechanism})`,
          covers,
          run: () => expectRejection(connect(false), "28P01 "), // invalid_password
        },
      ];
    });
    return [
      ...logins,
      {
        title: "refuses a client that says that it was offered no -PLUS",
        run: () =>
          expectRejection(logIn({ ...connecting, mechanism: "SCRAM-SHA-256", binding: "not-offered" }), "28000 "),
      },
    ];
  },
};

/** @returns the folder of its programs */
async function unpack(world: World): Promise<string> {
  const library = join(await world.unpacked("postgresql"), "usr/lib/postgresql");
  const [version = ""] = await readdir(library);
  return join(library, version, "bin");
}

/** Starts it as nobody, on a database of its own. */
async function start(world: World): Promise<Daemon> {
  const [programs, folder, port] = [await unpack(world), await world.room("postgresql", nobody), await freePort()];
  const data = join(folder, "data");
  const passwordFile = join(folder, "password");
  await writeFile(passwordFile, `${PASSWORD}\n`);
  await world.require(
    join(programs, "initdb"),
    [
      ...["--pgdata", data, "--username", ALICE, "--pwfile", passwordFile, "--auth", "scram-sha-256"],
      ...["--locale", "C", "--encoding", "UTF8", "--no-sync", "--no-instructions"],
    ],
    { as: nobody },
  );
  const settings = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    ssl: "on",
    ssl_cert_file: join(folder, "cert.pem"),
    ssl_key_file: join(folder, "key.pem"),
    fsync: "off",
    shared_buffers: "1MB",
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return world.start({
    command: join(programs, "postgres"),
    args: ["-D", data, ...args],
    folder,
    port,
    as: nobody,
    stopSignal: "SIGINT", // ends connections, too
    ready: "ready to accept connections",
  });
}
