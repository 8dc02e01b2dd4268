/**
 * What waits in order. To take one from the front of many would move them all: the front is passed over, and what was
 * passed over goes once it is half of all, so that everything is moved about once.
 */
export class Queue<Item extends object> {
  readonly #items: Item[] = [];
  #passed = 0;

  /** The front; undefined: nothing waits. */
  get first(): Item | undefined {
    return this.#items[this.#passed];
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Takes the front. */
  shift(): Item | undefined {
    const { first } = this;
    this.#passed++;
    if (this.#passed * 2 >= this.#items.length) this.#takePassed();
    return first;
  }

  /** Takes all. */
  takeAll(): Item[] {
    this.#takePassed();
    return this.#items.splice(0);
  }

  /** A list of all; nothing is taken. */
  toArray(): Item[] {
    return this.#items.slice(this.#passed);
  }

  #takePassed(): void {
    this.#items.splice(0, this.#passed);
    this.#passed = 0;
  }
}
