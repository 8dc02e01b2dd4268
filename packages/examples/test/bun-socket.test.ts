/** The streams of Bun's sockets, over a socket that only notes what is done to it. */
import { describe, expect, it } from "vitest";

interface FakeSocket {
  readonly done: string[];
}

interface Handler {
  open(socket: FakeSocket): void;
  handshake(socket: FakeSocket, isDone: boolean, problem: null): void;
  close(socket: FakeSocket): void;
}

interface Streams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly handler: Handler;
  readonly secureHandler: Handler;
}

// Its types are Bun's, which do not go together with those of Node.
const path: string = "../src/runtimes/bun-socket.ts";
const { SocketStreams } = (await import(path)) as { readonly SocketStreams: new () => Streams };

/** A socket that has just been opened, its streams, and what is done to it. */
function opened(kind: "plain" | "handshake done" | "no handshake") {
  const done: string[] = [];
  const streams = new SocketStreams();
  const { handler, secureHandler } = streams;
  const says = (what: string) => () => void done.push(what);
  const socket = {
    done,
    end: says("end"),
    resume: () => {},
    write: (bytes: Uint8Array) => bytes.length,
    terminate: () => {
      done.push("terminate");
      handler.close(socket);
    },
  };
  if (kind === "plain") handler.open(socket);
  else secureHandler.open(socket);
  if (kind === "handshake done") secureHandler.handshake(socket, true, null);
  return { ...streams, readable: streams.readable, writable: streams.writable, done };
}

describe("a socket of Bun's as streams", () => {
  it.each([
    ["plain", "end"],
    ["handshake done", "end"],
    ["no handshake", "terminate"],
  ] as const)("is closed when its input is cancelled: %s", async (kind, how) => {
    const { readable, done } = opened(kind);
    await readable.cancel();
    expect(done).toEqual([how]);
  });

  it.each(["plain", "handshake done", "no handshake"] as const)(
    "is closed when its output is aborted: %s",
    async (kind) => {
      const { writable, done } = opened(kind);
      await writable.abort();
      expect(done).toEqual(["terminate"]);
    },
  );

  it("fails what waits for a handshake that never comes, once it is given up", async () => {
    const { readable, writable, done } = opened("no handshake");
    const writing = writable.getWriter().write(Uint8Array.of(1));
    const reader = readable.getReader();
    const reading = reader.read();
    await reader.cancel();
    await expect(writing).rejects.toThrow("the connection was closed");
    expect([(await reading).done, done]).toEqual([true, ["terminate"]]);
  });
});
