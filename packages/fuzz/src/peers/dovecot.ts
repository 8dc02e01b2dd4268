/** Dovecot's LMTP server of Debian, on a free port: `pnpm fuzz --peer dovecot`, as root, with dovecot-lmtpd. */
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { smuggle } from "./smuggling.ts";

/** Debian's `nobody`. */
const NOBODY = 65_534;

/** Everybody's mail goes into one maildir. */
function configuration(folder: string, port: number): string {
  return `
base_dir = ${folder}/run
state_dir = ${folder}/state
instance_name = fuzz-${port}
protocols = lmtp
listen = 127.0.0.1
log_path = ${folder}/log
ssl = no
mail_location = maildir:${folder}/mail
first_valid_uid = 1
userdb {
  driver = static
  args = uid=${NOBODY} gid=${NOBODY} home=${folder}/mail allow_all_users=yes
}
passdb {
  driver = static
  args = nopassword=y
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${port}
  }
}
service stats {
  chroot =
}
`;
}

/** Whether its LMTP server ends content where it ends. */
export async function fuzzDovecot(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "fuzz-dovecot-"));
  const file = join(folder, "dovecot.conf");
  const port = await freePort();
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "mail"));
  chownSync(join(folder, "mail"), NOBODY, NOBODY);
  writeFileSync(file, configuration(folder, port));
  try {
    // A daemon keeps what it is given as its output.
    execFileSync("dovecot", ["-c", file], { stdio: "ignore" });
    try {
      await smuggle("dovecot's LMTP", port, "LHLO");
    } finally {
      execFileSync("doveadm", ["-c", file, "stop"]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => probe.once("listening", listening));
  const { port } = probe.address() as { readonly port: number };
  await new Promise((closed) => probe.close(closed));
  return port;
}
