import { scope } from '../schema/rtnetlink.ts';
import { namesOf } from '../schema/name-table.ts';

/** RT_SCOPE_*: how far an address or route is valid; a number for one without a name. */
export type Scope = keyof typeof scope | number;

const names = namesOf(scope);

export function scopeFromNumber(value: number): Scope {
  return names.get(value) ?? value;
}

export function scopeToNumber(value: Scope): number {
  return typeof value === 'number' ? value : scope[value];
}
