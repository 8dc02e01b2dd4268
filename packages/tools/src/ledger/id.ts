/**
 * Ids of requirements, `FAMILY-SECTION-NUMBER`: DOT-4.5.2-4 is the fourth of RFC 5321 §4.5.2. Where a section is not
 * one of the family's own document, the number of its RFC stands before it: DOT-1870.5-1 is of RFC 1870 §5.
 */

/** The RFC that a family's sections are sections of; null where an id always names its RFC. */
const RFC_OF: Readonly<Record<string, number | null>> = {
  // lines and SMTP
  DOT: 5321,
  SMTP: 5321,
  SUB: 6409,
  LMTP: 2033,
  TRACE: 3848,
  ESC: null,
  // SMTP's extensions
  "8BIT": 6152,
  ATRN: 2645,
  AUTH: 4954,
  BURL: 4468,
  BY: 2852,
  CHUNK: 3030,
  CON: 4141,
  DSN: 3461,
  ETRN: 1985,
  FUT: 4865,
  LIM: 9422,
  PIPE: 2920,
  PRIO: 6710,
  REQTLS: 8689,
  RRVS: 7293,
  SIZE: 1870,
  SOL: 3865,
  TLS: 3207,
  UTF8: 6531,
  // POP3
  POP3: 1939,
  CAPA: 2449,
  PAUTH: 5034,
  PRC: null,
  PUTF8: 6856,
  STLS: 2595,
  // SASL
  ANON: 4505,
  APOP: 1939,
  CB: null,
  CRAM: 2195,
  DIGEST: 2831,
  EXT: 4422,
  GS2: 5801,
  OAB: 7628,
  PLAIN: 4616,
  PREP: null,
  SASL: 4422,
  SCRAM: 5802,
};

/** The families whose document is no RFC. */
const OTHER_DOCUMENTS: Readonly<Record<string, string>> = {
  LOGIN: "draft-murchison-sasl-login-00",
  XCL: "Postfix XCLIENT_README and XFORWARD_README",
  XOA: "XOAUTH2 as Google and Microsoft document it",
};

/** The section that gathers what deployed peers do, whatever the family. */
const PRACTICE = "Q";

/** Where a requirement comes from. */
export interface Source {
  /** `RFC 5321`, or the name of another document. */
  readonly document: string;
  /** `§4.5.2`, `Appendix D`, or empty where the document as a whole is meant. */
  readonly section: string;
  /** Where to read it, if it is an RFC. */
  readonly link: string | null;
}

/** An id, whether its family is known or not. */
export const ID: RegExp = /^([0-9A-Z]+)-([0-9A-Z]+(?:\.[0-9A-Z]+)*)-\d+$/;

/** Where the requirement with that id comes from; null if that is no id, or of no document known here. */
export function sourceOf(id: string): Source | null {
  const [, family = "", place = ""] = ID.exec(id) ?? [];
  const other = OTHER_DOCUMENTS[family];
  if (other !== undefined) return { document: other, section: `§${place}`, link: null };
  const own = RFC_OF[family];
  if (own === undefined) return null;
  if (place === PRACTICE) return { document: "Deployed peers", section: "", link: null };
  const [, named, within] = /^(\d{4})(?:\.(.+))?$/.exec(place) ?? [];
  const rfc = named ?? own;
  return rfc === null ? null : sectionOf(rfc, named === undefined ? place : (within ?? ""));
}

function sectionOf(rfc: string | number, section: string): Source {
  const document = `RFC ${rfc}`;
  const page = `https://www.rfc-editor.org/rfc/rfc${rfc}.html`;
  if (section === "") return { document, section, link: page };
  if (/^[A-Z]/.test(section)) return { document, section: `Appendix ${section}`, link: `${page}#appendix-${section}` };
  return { document, section: `§${section}`, link: `${page}#section-${section}` };
}
