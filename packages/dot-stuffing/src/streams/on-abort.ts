/** What is to be called when a signal is aborted, and the one listener that calls it. */
interface Calls {
  readonly calls: Set<() => void>;
  readonly listener: () => void;
}

/**
 * A signal that ends a whole server has as many callers as connections, and platforms warn of many listeners: it gets
 * one.
 */
const listening = new WeakMap<AbortSignal, Calls>();

/**
 * Has a function called when a signal is aborted.
 *
 * @returns ends that
 */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  const { calls, listener } = listening.get(signal) ?? listen(signal);
  calls.add(call);
  return () => {
    if (!calls.delete(call) || calls.size > 0) return;
    signal.removeEventListener("abort", listener);
    listening.delete(signal);
  };
}

function listen(signal: AbortSignal): Calls {
  const calls = new Set<() => void>();
  const listener = () => {
    for (const call of calls) call();
  };
  const found = { calls, listener };
  listening.set(signal, found);
  signal.addEventListener("abort", listener);
  return found;
}
