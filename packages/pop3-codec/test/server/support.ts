import { LOGIN, responses } from "../support.ts";

export const OK = "+OK\r\n";
export const loggedIn = (input: string) => responses(`${LOGIN}${input}`).slice(2 * OK.length);
