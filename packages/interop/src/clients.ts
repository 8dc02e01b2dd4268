/** Our clients, made to use one mechanism. */
import { fetch } from "examples/src/pop3-client.ts";
import { type Outgoing, type Submitted, submit } from "examples/src/smtp-client.ts";
import type { Channel } from "examples/src/transport/channel-binding.ts";
import type { Watcher } from "examples/src/transport/drive.ts";
import type { ChannelBinding } from "sasl";
import { type Login, mechanism, type Place } from "./mechanisms.ts";
import { secretOf } from "./world.ts";

export interface Connecting {
  readonly port: number;
  /** The certificate that the server has, in PEM. */
  readonly certificate: string;
  readonly user: string;
  /** Whether it comes with the user's password or token. Default true. */
  readonly isRight?: boolean;
  /**
   * A mechanism's name; for POP3 also `"APOP"`, which goes without TLS: a client forgets the timestamp from before it.
   */
  readonly mechanism: string;
  /** What a -PLUS variant binds itself to. `"not-offered"`: says that no -PLUS was. */
  readonly binding?: ChannelBinding["type"] | "not-offered";
}

/** What an event of a login says. */
interface Authentication {
  readonly mechanism: string;
  readonly serverProved: boolean;
}

/**
 * Fetches every message, and leaves it there.
 *
 * @throws Error if it did not come to that, or not with this mechanism
 */
export async function fetchWith(options: Connecting): Promise<Uint8Array[]> {
  const messages: Uint8Array[] = [];
  const used: Authentication[] = [];
  await fetch({
    ...shared(options, "pop"),
    withoutTls: options.mechanism === "APOP",
    take: ({ octets }) => {
      messages.push(octets);
      return false;
    },
    watch: () =>
      watcher((event) => {
        if (event.type === "auth" && event.ok) used.push(event);
        if (event.type === "apop" && event.ok) used.push({ mechanism: "APOP", serverProved: false });
      }),
  });
  checkUsed(options.mechanism, used);
  return messages;
}

/** Without a mechanism nobody logs in. */
export type Submitting = Omit<Connecting, "mechanism"> & { readonly mechanism?: string };

/**
 * Sends one message.
 *
 * @throws Error if it did not come to that, or not with this mechanism
 */
export async function submitWith({ mechanism: name, ...options }: Submitting, message: Outgoing): Promise<Submitted> {
  const used: Authentication[] = [];
  const { login, ...more } = shared({ ...options, mechanism: name ?? "PLAIN" }, "smtp");
  const [submitted] = await submit(
    {
      ...more,
      login: name === undefined ? null : login,
      clientName: "client.example.org",
      watch: () =>
        watcher((event) => {
          if (event.type === "auth" && event.ok) used.push(event);
        }),
    },
    [message],
  );
  checkUsed(name ?? "nothing", used);
  return submitted!;
}

export function loginOf({
  user,
  mechanism: name,
  isRight = true,
}: Pick<Connecting, "user" | "mechanism" | "isRight">): Login {
  return { user, secret: secretOf(user, name, isRight) };
}

function shared(options: Connecting, service: "smtp" | "pop") {
  const { port, certificate, mechanism: name, binding } = options;
  const login = loginOf(options);
  return {
    host: "127.0.0.1",
    port,
    ca: certificate,
    login: { user: login.user, password: login.secret },
    mechanisms: (channel: Channel) => {
      const place = { service, host: "localhost", binding: bindingOf(channel, binding) } as const;
      return name === "APOP" ? [] : [mechanism(name).client(login, place)];
    },
  };
}

/** @throws Error if the channel has none of this type */
export function bindingOf({ channelBindings }: Channel, binding: Connecting["binding"]): Place["binding"] {
  if (binding === undefined || binding === "not-offered") return binding ?? null;
  const found = channelBindings.find(({ type }) => type === binding);
  if (found === undefined) throw new Error(`the connection has no ${binding}`);
  return found;
}

function checkUsed(expected: string, used: readonly Authentication[]): void {
  const names = used.map(({ mechanism: name }) => name).join(", ") || "nothing";
  if (names !== expected) throw new Error(`logged in with ${names} instead of ${expected}`);
  if (expected.startsWith("SCRAM-") && !used[0]!.serverProved) throw new Error("the server has not proved itself");
}

/** An onlooker that only sees the events. */
function watcher<Event>(event: (event: Event) => void): Watcher<Event> {
  return { received: ({ length }) => length, event, settled: () => {}, tls: () => {} };
}
