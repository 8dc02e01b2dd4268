/** Puts questions to a peer, each twice, so that an answer which is not the same every time is said to be so. */
import type { Answer } from "./answer.ts";

/** How often each is asked. */
const ROUNDS = 2;

/** Gives an answer a question, in order. A question that could not be put is answered by "not asked". */
export async function askAll<Question>(
  questions: readonly Question[],
  ask: (questions: readonly Question[]) => Promise<readonly Answer[]>,
): Promise<Answer[]> {
  const rounds: (readonly Answer[])[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await ask(questions));
  return questions.map((_, at) => together(rounds.map((answers) => answers[at]!)));
}

/** One answer of several. */
export function together(answers: readonly Answer[]): Answer {
  const [first, ...others] = [...new Map(answers.map((answer) => [JSON.stringify(answer), answer])).values()].sort(
    (one, other) => (one.words < other.words ? -1 : 1),
  );
  if (others.length === 0) return first!;
  const all = [first!, ...others];
  return {
    short: [...new Set(all.map(({ short }) => short))].join(" or "),
    words: `Not the same every time. ${all.map(({ words }) => words).join(" Or: ")}`,
  };
}

/** Runs so many at a time. Results are in the order of the items. */
export async function pooled<Item, Result>(
  items: readonly Item[],
  size: number,
  run: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      results[at] = await run(items[at]!);
    }
  };
  await Promise.all(Array.from({ length: size }, worker));
  return results;
}

export function notAsked(error: unknown): Answer {
  return { short: "not asked", words: `Not asked: ${error instanceof Error ? error.message : String(error)}.` };
}
