import type { ResponseInput } from "./events.ts";

/** A default: what is sent when nobody says otherwise. */
export interface ResponseTemplate {
  /** A response code without its brackets, or null. */
  readonly code: string | null;
  readonly text: string;
}

const badCredentials: ResponseTemplate = { code: "AUTH", text: "authentication failed" };

/** The default refusals, by the event that they answer. With AUTH-RESP-CODE, AUTH marks bad credentials (RFC 3206 §6). */
export const refusals: {
  readonly connect: ResponseTemplate;
  readonly pass: ResponseTemplate;
  readonly apop: ResponseTemplate;
  readonly auth: ResponseTemplate;
  readonly authenticated: ResponseTemplate;
  readonly "authentication-failed": ResponseTemplate;
  readonly quit: ResponseTemplate;
  readonly unknown: ResponseTemplate;
  readonly violation: ResponseTemplate;
  readonly other: ResponseTemplate;
} = {
  connect: { code: null, text: "no service here" },
  pass: badCredentials,
  apop: badCredentials,
  auth: badCredentials,
  authenticated: badCredentials,
  "authentication-failed": badCredentials,
  quit: { code: null, text: "some messages were not removed" },
  unknown: { code: null, text: "unknown command" },
  violation: { code: null, text: "command refused" },
  other: { code: null, text: "refused" },
};

/** Completes what the application gave. */
export function completeResponse(input: ResponseInput | undefined, template: ResponseTemplate): ResponseTemplate {
  if (input === undefined) return template;
  if (typeof input === "string") return { code: template.code, text: input };
  return { code: input.code === undefined ? template.code : input.code, text: input.text ?? template.text };
}
