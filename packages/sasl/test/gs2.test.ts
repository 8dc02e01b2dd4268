import fc from "fast-check";
import { formatGs2Header, type Gs2Header, parseGs2Header } from "sasl";
import { expect, it } from "vitest";
import { credential, runs, vectors } from "./support.ts";

interface Gs2Vector {
  readonly id: string;
  readonly note?: string;
  readonly inputs: { readonly header: string };
  readonly outputs: {
    readonly valid: boolean;
    readonly flag?: "n" | "y" | "p";
    readonly channelBindingType?: string;
    readonly authzid?: string;
    readonly nonstandard?: boolean;
    readonly cbindPrefix?: string;
  };
}

const all = vectors("gs2") as unknown as readonly Gs2Vector[];

it.each(all.filter(({ outputs }) => outputs.valid))(
  "[GS2-4-1] [GS2-5.1-1] $inputs.header is read, and written as it was",
  ({ inputs: { header }, outputs }) => {
    const read: Gs2Header = {
      flag: outputs.flag!,
      bindingType: outputs.channelBindingType ?? null,
      authorizationIdentity: outputs.authzid ?? null,
      isNonstandard: outputs.nonstandard!,
    };
    const bound = outputs.cbindPrefix ?? header;
    expect(parseGs2Header(`${header}n=user,r=C`)).toEqual({ ...read, bound, rest: "n=user,r=C" });
    expect(formatGs2Header(read)).toBe(header);
  },
);

it.each(all.filter(({ outputs }) => !outputs.valid))(
  "[GS2-4-1] [GS2-4-2] $inputs.header is no header: $note",
  ({ inputs: { header } }) => {
    expect(parseGs2Header(`${header}n=user,r=C`)).toBeNull();
    expect(parseGs2Header(header)).toBeNull();
  },
);

it.each([
  ["", "nothing"],
  ["q,,", "no flag"],
  ["F,F,n,,", "F twice"],
  ["n,F,,", "F elsewhere"],
  ["p=tls_unique,,", "an octet that is not in a cb-name"],
  ["p=tls unique,,", "an octet that is not in a cb-name"],
  ["n,a=x=2,", "half an escape"],
  ["n,a==,", "a bare ="],
  ["n,a=x\0,", "NUL"],
  [" n,,", "space"],
  ["n,b=x,", "another attribute"],
])("[GS2-4-1] [GS2-4-3] %j is no header: %s", (header) => {
  expect(parseGs2Header(header)).toBeNull();
});

it("[GS2-4-3] the type of a binding is taken as it is written", () => {
  expect(parseGs2Header("p=TLS-Exporter.2,,")).toMatchObject({ flag: "p", bindingType: "TLS-Exporter.2" });
});

it("[GS2-4-2] what is written is read, whatever the name", () => {
  fc.assert(
    fc.property(fc.option(credential), fc.constantFrom("n", "y", "p"), fc.boolean(), (name, flag, isNonstandard) => {
      const bindingType = flag === "p" ? "tls-exporter" : null;
      const header: Gs2Header = { flag, bindingType, authorizationIdentity: name, isNonstandard };
      const written = formatGs2Header(header);
      expect(written.split(",")).toHaveLength(isNonstandard ? 4 : 3);
      expect(parseGs2Header(`${written}rest`)).toMatchObject({ ...header, rest: "rest" });
    }),
    runs,
  );
});

it("[GS2-4-2] [GS2-4-3] a header that cannot be written is refused", () => {
  const header: Gs2Header = { flag: "n", bindingType: null, authorizationIdentity: null, isNonstandard: false };
  const binding = new RangeError('"bindingType" expected letters, digits, "-" and "." with the flag p, else null');
  for (const wrong of [
    { bindingType: "tls-unique" },
    { flag: "p" as const },
    { flag: "p" as const, bindingType: "" },
    { flag: "p" as const, bindingType: "a,b" },
  ]) {
    expect(() => formatGs2Header({ ...header, ...wrong })).toThrow(binding);
  }
  for (const [authorizationIdentity, expected] of [
    ["", "a non-empty string"],
    ["a\0b", "no NUL"],
    ["\ud800", "no unpaired surrogate"],
  ] as const) {
    expect(() => formatGs2Header({ ...header, authorizationIdentity })).toThrow(
      new RangeError(`"authorizationIdentity" expected ${expected}`),
    );
  }
});
