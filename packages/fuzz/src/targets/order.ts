import { holds, same } from "../finding.ts";

/** An event that says what became of a command. */
interface Replied {
  readonly type: string;
}

/**
 * What holds of a client's events, whatever the server sent: every command has exactly one event, in the order of the
 * commands, and the session ends with `closed` and nothing after it.
 *
 * @param given the types of the events that the commands must have, in order
 */
export function checkOrder(given: readonly string[], events: readonly Replied[], waiting: string): void {
  same(waiting, "closed", "at the end of the input the session is closed");
  const closed = events.findIndex(({ type }) => type === "closed");
  same(closed, events.length - 1, "closed is the last event");
  const replied = events.filter((event) => "ok" in event && !["greeting", "login", "delivery"].includes(event.type));
  const left = [...given];
  for (const { type } of replied) {
    const next = left.shift();
    holds(next?.split("|").includes(type) === true, () => `${type} is the event of ${next ?? "no command"}`);
  }
  same(left, [], "commands without an event");
}
