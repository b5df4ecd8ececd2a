import type { Plan } from './plan.ts';

/** A verb as it is defined. */
export type Verb = (...values: readonly unknown[]) => Plan<unknown>;

/** Carries out what a verb plans for these values; what it gives is what the face's verb returns. */
export type Carrier = (verb: Verb, values: readonly unknown[]) => unknown;

/** The verbs of every group, `{ rules: { add, remove, ... }, ... }`, with another face. */
export function faceOf<Plans extends object, Verbs extends Record<keyof Plans, object>>(
  plans: Plans,
  carry: Carrier,
): Verbs {
  const groups = Object.entries(plans).map(([name, verbs]) => [
    name,
    faceOfGroup(verbs as Readonly<Record<string, Verb>>, carry),
  ]);
  return Object.fromEntries(groups) as Verbs;
}

function faceOfGroup(verbs: Readonly<Record<string, Verb>>, carry: Carrier): object {
  const faced = Object.entries(verbs).map(([name, verb]) => [
    name,
    (...values: readonly unknown[]) => carry(verb, values),
  ]);
  return Object.fromEntries(faced) as object;
}
