import type { FaultReply } from "../fault.ts";
import { flagParameter, type Parameter } from "./parameter.ts";

/** SMTPUTF8 (RFC 6531 §3.4): the transaction may hold characters beyond ASCII. */
export const smtputf8: Parameter<true> = flagParameter("SMTPUTF8", 10);

/** REQUIRETLS (RFC 8689 §2): the message may go over TLS alone. Its extension is offered under TLS alone. */
export const requireTls: Parameter<true> = flagParameter("REQUIRETLS", 11);

/** RFC 4141 §4.2 and §5.2 name a reply of their own. */
const NOT_IMPLEMENTED: FaultReply = { code: 504, enhanced: "5.5.4" };

/** CONPERM (RFC 4141 §4.2): the content may be converted on its way. */
export const conPerm: Parameter<true> = flagParameter("CONPERM", 8, NOT_IMPLEMENTED);

/** CONNEG (RFC 4141 §5.2): asks for the recipient's capabilities. */
export const conNeg: Parameter<true> = flagParameter("CONNEG", 7, NOT_IMPLEMENTED);
