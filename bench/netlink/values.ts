import type { NewRoute, NewRule } from '@truetuple/netlink';

/** What is added and removed in each round. */
export interface Values {
  readonly rules: readonly NewRule[];
  readonly routes: readonly NewRoute[];
}

export const table = 200;
export const protocol = 188;
/** The first rule has this one, each further rule the next. */
export const firstPriority = 1000;

/** The rules 10.9.x.y and routes 10.8.x.y that every side adds and removes. */
export function valuesOf(linkIndex: number, count: number): Values {
  const indices = Array.from({ length: count }, (_, index) => index);
  return {
    rules: indices.map((index) => ({
      table,
      protocol,
      priority: firstPriority + index,
      from: `10.9.${low(index)}`,
    })),
    routes: indices.map((index) => ({
      table,
      protocol,
      linkIndex,
      destination: `10.8.${low(index)}`,
    })),
  };
}

function low(index: number): string {
  return `${String(index >> 8)}.${String(index & 255)}/32`;
}
