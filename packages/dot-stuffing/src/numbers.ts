/*
 * Numbers that the reading of content goes by, in a file without imports: bundlers write them out where they are used.
 *
 * What was read last. After a CR nothing is known until the next octet. A soft start is the start of a line after a
 * bare CR or LF that was normalised: a dot there was stuffed for whoever reads the normalised lines, but never ends the
 * content.
 */
export const HARD_START = 0;
export const SOFT_START = 1;
export const AFTER_DOT = 2;
export const TEXT = 3;
export const AFTER_CR = 4;
export const AFTER_DOT_CR = 5;
export const ENDED = 6;

/**
 * So far after a place where what comes out differs from what came in, octets are copied; farther on they are viewed.
 */
export const NEAR = 256;

/** How much memory copies share, in octets: little where there are few, and at most so much. */
export const FIRST_BLOCK = 2048;
export const BLOCK = 16_384;
