/** The octets that framing looks at. */
export const NUL = 0x00;
export const LF = 0x0a;
export const CR = 0x0d;
export const DOT = 0x2e;

export const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array(0);
