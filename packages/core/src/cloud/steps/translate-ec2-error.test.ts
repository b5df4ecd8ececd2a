import { describe, expect, it } from 'vitest';
import { CoreError } from '../../errors.ts';
import { Ec2CallError } from '../ec2/ec2-call-error.ts';
import { isOutcomeUnknown, translateEc2Error } from './translate-ec2-error.ts';

function refusal(ec2Code: string, httpStatus?: number): Ec2CallError {
  const status = httpStatus === undefined ? {} : { httpStatus };
  return new Ec2CallError({
    action: 'AssociateAddress',
    ec2Code,
    message: 'EC2 said so',
    ...status,
  });
}

describe('translateEc2Error', () => {
  it.each([
    ['UnauthorizedOperation', 403, 'AccessDenied', 'never'],
    ['AuthFailure', 401, 'CredentialsRefused', 'never'],
    ['ExpiredToken', 400, 'CredentialsRefused', 'never'],
    ['CredentialsProviderError', undefined, 'CredentialsMissing', 'never'],
    ['SignatureDoesNotMatch', 403, 'CredentialsRefused', 'never'],
    ['OptInRequired', 400, 'WrongRegion', 'never'],
    ['PrivateIpAddressLimitExceeded', 400, 'LimitExceeded', 'later'],
    ['NetworkAddressUsageLimitExceeded', 400, 'LimitExceeded', 'later'],
    ['RouteLimitExceeded', 400, 'LimitExceeded', 'later'],
    ['RequestLimitExceeded', 503, 'Throttled', 'later'],
    ['ECONNREFUSED', undefined, 'CloudUnreachable', 'now'],
    ['TimeoutError', undefined, 'CloudUnreachable', 'now'],
    ['SomethingNew', undefined, 'CloudUnreachable', 'now'],
    ['SomethingNew', 400, 'CloudRefused', 'later'],
    ['SomethingNew', 429, 'Throttled', 'later'],
    ['InternalError', 500, 'CloudRefused', 'now'],
    ['ServerInternal', 500, 'CloudRefused', 'now'],
    ['Unknown', 502, 'CloudRefused', 'now'],
    ['SyntaxError', 504, 'CloudRefused', 'now'],
    ['InsufficientAddressCapacity', 500, 'LimitExceeded', 'later'],
    ['RequestExpired', 400, 'CredentialsRefused', 'later'],
    ['RequestTimeTooSkewed', 403, 'CredentialsRefused', 'later'],
    ['RequestInTheFuture', 400, 'CredentialsRefused', 'later'],
    ['CredentialsTimeout', undefined, 'CredentialsMissing', 'later'],
    ['CredentialsAway', undefined, 'CredentialsMissing', 'now'],
    ['IncorrectInstanceState', 400, 'CloudRefused', 'now'],
    ['InvalidInstanceID', 400, 'CloudRefused', 'now'],
    ['Gateway.NotAttached', 400, 'CloudRefused', 'never'],
    ['InvalidNetworkInterfaceID.NotFound', 400, 'NetworkInterfaceNotFound', 'later'],
    ['InvalidRouteTableID.NotFound', 400, 'RouteTablesNotFound', 'later'],
    ['InvalidRoute.NotFound', 400, 'RouteTablesNotFound', 'later'],
    ['toString', 400, 'CloudRefused', 'later'],
  ])('%s with status %s is %s, retry %s', (ec2Code, status, code, retry) => {
    const error = translateEc2Error(refusal(ec2Code, status), 'claiming 203.0.113.1');
    expect(error).toMatchObject({ code, retry });
    expect(error.message).toBe(
      `claiming 203.0.113.1: AssociateAddress was answered ${ec2Code}: EC2 said so`,
    );
    expect(error.remedy.length).toBeGreaterThan(20);
  });

  it.each(['RequestExpired', 'RequestTimeTooSkewed', 'RequestInTheFuture', 'AuthFailure'])(
    '%s says how to look at the clock',
    (code) => {
      const { remedy } = translateEc2Error(refusal(code, 400), 'claiming 203.0.113.1');
      expect(remedy).toMatch(/clock.*chronyc tracking/);
    },
  );

  it('leaves a CoreError as it is, and takes an abort for an abort', () => {
    const own = new CoreError({ code: 'PoolEmpty', message: 'm', remedy: 'r', retry: 'never' });
    expect(translateEc2Error(own, 'x')).toBe(own);
    expect(translateEc2Error(new DOMException('stop', 'AbortError'), 'x').code).toBe('Aborted');
    expect(translateEc2Error(new TypeError('a bug'), 'x')).toMatchObject({
      code: 'CloudRefused',
      retry: 'never',
    });
  });
});

describe('isOutcomeUnknown', () => {
  it.each([
    ['TimeoutError', undefined, true],
    ['InternalError', 500, true],
    ['ServiceUnavailable', 503, true],
    ['RequestLimitExceeded', 503, false],
    ['SomethingNew', 502, true],
    ['SomethingNew', 429, false],
    ['CredentialsProviderError', undefined, false],
    ['CredentialsTimeout', undefined, false],
    ['CredentialsAway', undefined, false],
    ['SyntaxError', undefined, true],
    ['Resource.AlreadyAssociated', 400, false],
  ])('%s with status %s: %s', (code, status, expected) => {
    expect(isOutcomeUnknown(refusal(code, status))).toBe(expected);
  });
});
