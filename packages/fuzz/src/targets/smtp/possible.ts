import type { SmtpServerOptions } from "smtp-codec";

/**
 * The options without demands that nobody could meet, which the constructor refuses. One of the mechanisms never needs
 * TLS.
 */
export function possible(options: SmtpServerOptions): SmtpServerOptions {
  const { requireTls = false, requireAuth = false, starttls = false, mechanisms = [], xclient = [] } = options;
  return {
    ...options,
    requireTls: requireTls && starttls,
    requireAuth: requireAuth && (mechanisms.length > 0 || xclient.includes("LOGIN")),
  };
}
