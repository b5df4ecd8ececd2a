import { expect, it } from 'vitest';
import type { AddressFamily } from '../identity/ipv6-spec.ts';
import type { FindingCode, Observation } from './finding.ts';
import { linkCauses } from './link-causes.ts';

function observation(code: FindingCode, family?: AddressFamily): Observation {
  const told = { severity: 'broken', seen: 'this', wanted: 'that', remedy: 'Do.' } as const;
  return { code, ...(family === undefined ? {} : { family }), ...told };
}

it.each<[FindingCode, AddressFamily | undefined, readonly FindingCode[]]>([
  ['not-translated', 'ipv4', ['delivery-table-missing', 'route-source']],
  ['source-translated', 'ipv4', ['port-rule-missing']],
  [
    'all-servers-silent',
    'ipv4',
    ['public-address-missing', 'delivery-table-missing', 'delivery-table-stray'],
  ],
  [
    'inbound-silent',
    'ipv4',
    [
      'vpc-route-missing',
      'public-address-missing',
      'delivery-table-missing',
      'delivery-table-stray',
      'source-dest-check-on',
    ],
  ],
  ['ipv6-route-elsewhere', undefined, ['link-missing', 'link-down', 'ipv6-rule-missing']],
  ['all-servers-silent', 'ipv6', ['link-down', 'ipv6-route-elsewhere']],
])('%s of %s is led to by each of %j', (code, family, causes) => {
  const found = linkCauses([observation(code, family), ...causes.map((each) => observation(each))]);
  expect(found[0]?.causedBy).toEqual(causes);
});

it('what packets of one family showed leads to nothing of the other', () => {
  const found = linkCauses([
    observation('inbound-silent', 'ipv6'),
    observation('all-servers-silent', 'ipv4'),
    observation('public-address-missing'),
  ]);
  expect(found[0]?.causedBy).toEqual([]);
});
