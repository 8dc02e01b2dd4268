import { checkLike } from "./snapshot.ts";

/**
 * What a part of a snapshot has to be like: data of its form, as `checkLike` takes it, at whatever depth, and besides:
 * an array of one form is one of any length, all of whose elements have that form; one of more is a tuple; a function
 * gives the form, by what is found.
 */
export type Form = unknown;

/** A form that is not asked for where null is found. */
export function orNull(form: Form): (value: unknown) => Form {
  return (value) => (value === null ? null : form);
}

/** Checks that a part of a snapshot has a form. @throws TypeError naming the place that differs */
export function checkForm(place: string, value: unknown, form: Form): void {
  if (typeof form === "function") checkForm(place, value, form(value));
  else if (Array.isArray(form)) {
    checkLike(place, value, form);
    const found = value as unknown[];
    const forms = form.length === 1 ? Array.from(found, () => form[0]) : form;
    for (const [index, each] of forms.entries()) checkForm(`${place}[${index}]`, found[index], each);
  } else if (form?.constructor !== Object) checkLike(place, value, form);
  else {
    checkLike(place, value, {});
    for (const [name, each] of Object.entries(form as object))
      checkForm(`${place}.${name}`, (value as { readonly [name: string]: unknown })[name], each);
  }
}
