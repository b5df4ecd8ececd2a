import type { IdentitySpecInput } from '@truetuple/core';

export const demoRegion = 'eu-central-1';
export const demoPool = 'demo';

/** Whose identity it is, at every level. */
export const demoOwner: IdentitySpecInput['owner'] = {
  cluster: 'demo',
  namespace: 'voice',
  pod: 'sip-0',
  uid: '5c0e6f0a-0000-4000-8000-000000005060',
};
