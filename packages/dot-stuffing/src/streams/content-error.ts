import type { ContentViolation, CutOff } from "../violation.ts";

/** What an `UnstuffStream` fails with: the content is not to be accepted. The message is the violation's text. */
export class ContentError extends Error {
  override readonly name: string = "ContentError";
  readonly violation: ContentViolation | CutOff;

  constructor(violation: ContentViolation | CutOff) {
    super(violation.text);
    this.violation = violation;
  }
}
