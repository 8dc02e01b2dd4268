import { chunkings, type HostileWireForm, hostileWireForm, type SmugglingFamily } from "dot-stuffing/arbitraries";
import { assert, property } from "fast-check";

const families: readonly SmugglingFamily[] = ["LF.LF", "CRLF.NUL CRLF"];
const cut = hostileWireForm({ families }).chain(({ wire }: HostileWireForm) => chunkings(wire));
export const run = (holds: (chunks: Uint8Array[]) => boolean): void => assert(property(cut, holds));
