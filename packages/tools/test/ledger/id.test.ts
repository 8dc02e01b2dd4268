import { expect, it } from "vitest";
import { sourceOf } from "../../src/ledger/id.ts";

const page = (rfc: number, anchor = "") => `https://www.rfc-editor.org/rfc/rfc${rfc}.html${anchor}`;

it.each([
  ["DOT-4.5.2-4", "RFC 5321", "§4.5.2", page(5321, "#section-4.5.2")],
  ["DOT-1870.5-1", "RFC 1870", "§5", page(1870, "#section-5")],
  ["8BIT-2-1", "RFC 6152", "§2", page(6152, "#section-2")],
  ["SMTP-2821.4.1.1.1-1", "RFC 2821", "§4.1.1.1", page(2821, "#section-4.1.1.1")],
  ["SMTP-F.4-1", "RFC 5321", "Appendix F.4", page(5321, "#appendix-F.4")],
  ["PREP-3454.A-1", "RFC 3454", "Appendix A", page(3454, "#appendix-A")],
  ["DIGEST-6331-1", "RFC 6331", "", page(6331)],
  ["POP3-Q-12", "Deployed peers", "", null],
  ["LOGIN-2.1-1", "draft-murchison-sasl-login-00", "§2.1", null],
])("%s is of %s %s", (id, document, section, link) => {
  expect(sourceOf(id)).toEqual({ document, section, link });
});

it.each([
  "",
  "DOT",
  "DOT-4.5.2",
  "DOT-4.5.2-",
  "dot-4.5.2-4",
  "DOT-4..2-4",
  "DOT-4.5.2-x",
  "RFC-1-1",
  "toString-1-1",
  "CB-4-1",
])("%j is of no known document", (id) => {
  expect(sourceOf(id)).toBeNull();
});
