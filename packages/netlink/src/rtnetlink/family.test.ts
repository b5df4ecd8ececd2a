import { describe, expect, it } from 'vitest';
import { errorFromErrno } from '../errors.ts';
import type { Program } from '../plan.ts';
import { listFamilies } from './family.ts';
import type { Family } from '../wire/ip-address.ts';

const noIpv6 = errorFromErrno('listing ipv6 rules', 97);
// oxlint-disable-next-line require-yield -- nothing has to be asked
function* list(family: Family): Program<Family[]> {
  return [family];
}
// oxlint-disable-next-line require-yield -- nothing has to be asked
function* onlyIpv4(family: Family): Program<Family[]> {
  if (family === 'ipv6') throw noIpv6;
  return [family];
}
/** What a plan that asks for nothing comes to. */
function outcome<T>(plan: Program<T>): T | undefined {
  const step = plan.next();
  return step.done === true ? step.value : undefined;
}

describe('listing by family', () => {
  it('lists both unless one is asked for', () => {
    expect(outcome(listFamilies(undefined, list))).toEqual(['ipv4', 'ipv6']);
    expect(outcome(listFamilies({ family: 'ipv6' }, list))).toEqual(['ipv6']);
  });

  it('a kernel without IPv6 has nothing of it, unless it was asked for', () => {
    expect(outcome(listFamilies({}, onlyIpv4))).toEqual(['ipv4']);
    expect(() => outcome(listFamilies({ family: 'ipv6' }, onlyIpv4))).toThrow(noIpv6);
  });

  it('any other error is told', () => {
    const error = errorFromErrno('listing', 1);
    // oxlint-disable-next-line require-yield -- nothing has to be asked
    function* fail(): Program<never> {
      throw error;
    }
    expect(() => outcome(listFamilies({}, fail))).toThrow(error);
  });
});
