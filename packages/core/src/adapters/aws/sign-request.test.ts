import { expect, it } from 'vitest';
import { signRequest } from './sign-request.ts';

// AWS's own test suite of Signature Version 4: its keys, time, scope, and the signatures that it expects
const suite = {
  method: 'POST',
  url: new URL('https://example.amazonaws.com/'),
  headers: {},
  body: '',
  region: 'us-east-1',
  service: 'service',
  credentials: {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  },
  at: new Date('2015-08-30T12:36:00Z'),
};

it.each([
  [
    'get-vanilla',
    { method: 'GET' },
    '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  ],
  ['post-vanilla', {}, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  [
    'post-x-www-form-urlencoded',
    { headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'Param1=value1' },
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  ],
])('signs as the test suite of AWS: %s', (_name, request, signature) => {
  const { authorization } = signRequest({ ...suite, ...request });
  expect(authorization).toContain('Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request');
  expect(authorization?.split('Signature=')[1]).toBe(signature);
});

it('signs the token of temporary credentials', () => {
  const credentials = { ...suite.credentials, sessionToken: 'session' };
  const headers = signRequest({ ...suite, credentials });
  expect(headers).toMatchObject({ 'x-amz-security-token': 'session' });
  expect(headers['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token,');
});
