/**
 * SMTP-after-POP3: whoever has fetched mail may send mail from the same address for a while, without AUTH. Old clients
 * need it. It trusts everybody behind that address, so offer it only where AUTH cannot be had.
 */
export class RecentLogins {
  readonly #seconds: number;
  readonly #now: () => number;
  readonly #logins = new Map<string, { readonly user: string; readonly until: number }>();

  /** @param seconds how long a login counts @param now the time in milliseconds */
  constructor(seconds = 600, now: () => number = Date.now) {
    this.#seconds = seconds;
    this.#now = now;
  }

  /** The POP3 server tells of a login. */
  note(address: string, user: string): void {
    const now = this.#now();
    for (const [known, { until }] of this.#logins) if (until <= now) this.#logins.delete(known);
    this.#logins.set(plain(address), { user, until: now + this.#seconds * 1000 });
  }

  /** The SMTP server asks who has logged in from this address. Null: nobody, or too long ago. */
  userAt(address: string): string | null {
    const login = this.#logins.get(plain(address));
    return login !== undefined && login.until > this.#now() ? login.user : null;
  }
}

/** An IPv4 address has two forms on a socket that listens to both versions. */
function plain(address: string): string {
  return address.replace(/^::ffff:/i, "");
}
