import { describe, expect, test } from 'vitest';
import { readCredentialScope } from './credential-scope.ts';

const header = (credential: string): string =>
  `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host;x-amz-date, Signature=00ff`;

describe('readCredentialScope', () => {
  test('reads key and region', () => {
    const scope = readCredentialScope(header('AKID/20260101/eu-central-1/ec2/aws4_request'));
    expect(scope).toEqual({ accessKeyId: 'AKID', region: 'eu-central-1' });
  });

  test.each([
    [undefined, 'MissingAuthenticationToken'],
    ['Basic dTpw', 'IncompleteSignature'],
    ['AWS4-HMAC-SHA256', 'IncompleteSignature'],
    ['AWS4-HMAC-SHA256 Credential=AKID/20260101/r/ec2/aws4_request', 'IncompleteSignature'],
    [header('AKID/20260101/eu-central-1/ec2'), 'IncompleteSignature'],
    [header('AKID/20260101//ec2/aws4_request'), 'IncompleteSignature'],
    [header('AKID/20260101/eu-central-1/s3/aws4_request'), 'AuthFailure'],
  ])('refuses %s', (authorization, ec2Code) => {
    expect(() => readCredentialScope(authorization)).toThrow(expect.objectContaining({ ec2Code }));
  });
});
