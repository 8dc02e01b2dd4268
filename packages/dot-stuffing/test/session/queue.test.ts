import { Queue } from "dot-stuffing/session";
import fc from "fast-check";
import { movedBy, runs } from "tools/testing";
import { describe, expect, it } from "vitest";

const item = (name: number) => ({ name });

describe("Queue", () => {
  it("gives what was put in, in order, and a look takes nothing", () => {
    const step = fc.constantFrom("push", "push", "shift", "takeAll");
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new Queue<{ readonly name: number }>();
        const model: { readonly name: number }[] = [];
        steps.forEach((what, index) => {
          if (what === "push") {
            queue.push(item(index));
            model.push(item(index));
          } else if (what === "shift") expect(queue.shift()).toEqual(model.shift());
          else expect(queue.takeAll()).toEqual(model.splice(0));
          expect([queue.first, queue.toArray()]).toEqual([model[0], model]);
        });
      }),
      { numRuns: runs() },
    );
  });

  it("is emptied from its front in linear time, also while it grows", () => {
    const queue = new Queue<{ readonly name: number }>();
    const count = 20_000;
    const moved = movedBy(() => {
      for (let name = 0; name < count; name++) queue.push(item(name));
      for (let name = 0; name < count; name++) {
        queue.shift();
        if (name % 2 === 0) queue.push(item(name));
      }
      while (queue.shift() !== undefined);
    });
    expect(queue.toArray()).toEqual([]);
    expect(moved / count).toBeLessThan(10);
  });
});
