import { demandMatch } from "../check.ts";

/**
 * What a client connects to, as it says it.
 *
 * ```abnf
 * digest-uri-value = serv-type "/" host [ "/" serv-name ]   ; RFC 2831 §2.1.2
 * serv-type        = 1*ALPHA
 * host             = 1*( ALPHA / DIGIT / "-" / "." )
 * serv-name        = host
 * ```
 */
export interface DigestUri {
  /** The protocol's name in the GSS-API's registry, e.g. `"smtp"`, `"pop"`, `"imap"`. */
  readonly service: string;
  readonly host: string;
  /** The name that led to the host by an MX or SRV record. Default, and if equal to it: the host. */
  readonly serviceName?: string;
}

const HOST = /^[A-Za-z0-9.-]+$/;
const HOST_CHARACTERS = 'letters, digits, "-" and "."';

/** @throws TypeError, RangeError if a part cannot be sent */
export function formatDigestUri({ service, host, serviceName = host }: DigestUri): string {
  demandMatch("service", service, /^[A-Za-z]+$/, "letters");
  demandMatch("host", host, HOST, HOST_CHARACTERS);
  demandMatch("serviceName", serviceName, HOST, HOST_CHARACTERS);
  return `${service}/${host}${serviceName === host ? "" : `/${serviceName}`}`;
}

/**
 * Whether a digest-uri names this server, in any case.
 *
 * @param hosts the server's own names, and the names of services that it is one of the hosts of
 */
export function namesServer(
  digestUri: string,
  service: string | undefined,
  hosts: readonly string[] | undefined,
): boolean {
  const [sentService, ...names] = digestUri.toLowerCase().split("/");
  if (names.length < 1 || names.length > 2) return false;
  if (service !== undefined && sentService !== service.toLowerCase()) return false;
  const known = hosts?.map((host) => host.toLowerCase());
  return known === undefined || names.every((name) => known.includes(name));
}
