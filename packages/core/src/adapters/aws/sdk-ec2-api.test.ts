import { createServer, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { Ec2Api } from '../../cloud/ec2/ec2-api.ts';
import { Ec2CallError } from '../../cloud/ec2/ec2-call-error.ts';
import { isOutcomeUnknown, translateEc2Error } from '../../cloud/steps/translate-ec2-error.ts';
import { listenOnLoopback } from '../../testing/listen-on-loopback.ts';
import { sdkEc2Api, type SdkEc2Options } from './sdk-ec2-api.ts';

type Answer = (query: URLSearchParams, response: ServerResponse) => void;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A real HTTP server on loopback that keeps every query it was sent. */
async function listen(answer: Answer): Promise<{ url: string; queries: URLSearchParams[] }> {
  const queries: URLSearchParams[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const query = new URLSearchParams(body);
      queries.push(query);
      answer(query, response);
    });
  });
  const { url, close } = await listenOnLoopback(server);
  closing.push(close);
  return { url, queries };
}

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

function connect(endpoint: string, more: Partial<SdkEc2Options> = {}): Ec2Api {
  return sdkEc2Api({ region: 'eu-central-1', endpoint, credentials, ...more });
}

/** Answers every action with a body that the SDK reads as empty, but for what `xml` says. */
function answering(xml: (query: URLSearchParams) => string): Answer {
  return (query, response) => {
    const action = query.get('Action') ?? '';
    response.setHeader('content-type', 'text/xml');
    response.end(
      `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r-1</requestId>${xml(query)}</${action}Response>`,
    );
  };
}

function refusing(status: number, code: string): Answer {
  return (_query, response) => {
    response.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': 'r-7' });
    response.end(
      `<Response><Errors><Error><Code>${code}</Code><Message>no</Message></Error></Errors><RequestID>r-7</RequestID></Response>`,
    );
  };
}

function describeAll(ec2: Ec2Api): Promise<unknown> {
  return ec2.describeAddresses({});
}

describe('sdkEc2Api on the wire', () => {
  it('always sends AllowReassociation=false and AllowReassignment=false', async () => {
    const { url, queries } = await listen(
      answering(() => '<associationId>eipassoc-1</associationId><return>true</return>'),
    );
    const ec2 = connect(url);
    const networkInterfaceId = 'eni-1';
    // a caller that gets round the type, as plain JavaScript can, gets round nothing else
    const careless = {
      allocationId: 'eipalloc-1',
      networkInterfaceId,
      privateIpAddress: '10.0.2.11',
      allowReassociation: true as false,
    };
    await ec2.associateAddress(careless);
    await ec2.assignPrivateIpAddresses({
      networkInterfaceId,
      privateIpAddresses: ['10.0.2.11'],
      allowReassignment: true as false,
    });
    expect(Object.fromEntries(queries[0] ?? [])).toMatchObject({
      Action: 'AssociateAddress',
      AllocationId: 'eipalloc-1',
      NetworkInterfaceId: networkInterfaceId,
      PrivateIpAddress: '10.0.2.11',
      AllowReassociation: 'false',
    });
    expect(Object.fromEntries(queries[1] ?? [])).toMatchObject({
      Action: 'AssignPrivateIpAddresses',
      'PrivateIpAddress.1': '10.0.2.11',
      AllowReassignment: 'false',
    });
  });

  it('deletes tags with their values, and sends nothing that would delete all tags', async () => {
    const { url, queries } = await listen(answering(() => '<return>true</return>'));
    const ec2 = connect(url);
    await ec2.deleteTags({ resources: ['eipalloc-1'], tags: [] });
    expect(queries).toEqual([]);
    await ec2.deleteTags({ resources: ['eipalloc-1'], tags: [{ key: 'k', value: 'v/1' }] });
    expect(Object.fromEntries(queries[0] ?? [])).toMatchObject({
      Action: 'DeleteTags',
      'ResourceId.1': 'eipalloc-1',
      'Tag.1.Key': 'k',
      'Tag.1.Value': 'v/1',
    });
  });

  it.each([
    [
      'describeNetworkInterfaces' as const,
      (n: number) =>
        `<networkInterfaceSet><item><networkInterfaceId>eni-${n}</networkInterfaceId><vpcId>vpc-1</vpcId><subnetId>subnet-1</subnetId><macAddress>02:00:00:00:00:0${n}</macAddress><sourceDestCheck>false</sourceDestCheck><status>in-use</status></item></networkInterfaceSet>`,
      (n: number) => ({ networkInterfaceId: `eni-${n}`, sourceDestCheck: false }),
    ],
    [
      'describeRouteTables' as const,
      (n: number) =>
        `<routeTableSet><item><routeTableId>rtb-${n}</routeTableId><vpcId>vpc-1</vpcId><routeSet><item><destinationIpv6CidrBlock>::/0</destinationIpv6CidrBlock><state>active</state></item></routeSet></item></routeTableSet>`,
      (n: number) => ({ routeTableId: `rtb-${n}`, routes: [], associatedSubnetIds: [] }),
    ],
  ])('%s reads every page', async (read, item, expected) => {
    const { url, queries } = await listen(
      answering((query) => {
        const page = Number(query.get('NextToken') ?? '1');
        return item(page) + (page < 3 ? `<nextToken>${page + 1}</nextToken>` : '');
      }),
    );
    const filters = [{ name: 'vpc-id', values: ['vpc-1', 'vpc-2'] }];
    const sentBefore: number[] = [];
    const beforePage = async (): Promise<void> => void sentBefore.push(queries.length);
    expect(await connect(url)[read]({ filters }, { beforePage })).toMatchObject(
      [1, 2, 3].map((page) => expected(page)),
    );
    expect(queries).toHaveLength(3);
    // leave is asked for each further page, before it is
    expect(sentBefore).toEqual([1, 2]);
    for (const query of queries) expect(query.get('Filter.1.Value.2')).toBe('vpc-2');
  });
});

describe('sdkEc2Api, failures', () => {
  it.each([
    [400, 'Resource.AlreadyAssociated', 1],
    [403, 'UnauthorizedOperation', 1],
    [503, 'RequestLimitExceeded', 2],
  ])('status %i %s keeps its code; tries: %i', async (httpStatus, ec2Code, tries) => {
    const { url, queries } = await listen(refusing(httpStatus, ec2Code));
    const attempt = describeAll(connect(url, { maxAttempts: 2 }));
    await expect(attempt).rejects.toMatchObject({
      name: 'Ec2CallError',
      action: 'DescribeAddresses',
      ec2Code,
      httpStatus,
      requestId: 'r-7',
    });
    expect(queries).toHaveLength(tries);
  });

  it('an endpoint that refuses connections', async () => {
    const { url } = await listen(answering(() => ''));
    for (const close of closing.splice(0)) await close();
    const attempt = describeAll(connect(url, { maxAttempts: 1 }));
    await expect(attempt).rejects.toMatchObject({
      ec2Code: 'ECONNREFUSED',
      httpStatus: undefined,
    });
  });

  it('an endpoint that closes without an answer', async () => {
    const { url } = await listen((_query, response) => response.destroy());
    const attempt = describeAll(connect(url, { maxAttempts: 1 }));
    await expect(attempt).rejects.toMatchObject({ ec2Code: 'ECONNRESET', httpStatus: undefined });
  });

  const cutOff: readonly [string, Answer][] = [
    [
      'whose connection ends midway',
      (_query, response) => {
        response.setHeader('content-length', 1000);
        response.write('<AssociateAddressResponse>', () => response.destroy());
      },
    ],
    ['whose end is missing', (_query, response) => response.end('<AssociateAddressResponse><re')],
  ];
  it.each(cutOff)(
    'an answer %s is none: the call may have been carried out',
    async (_how, answer) => {
      const { url } = await listen(answer);
      const ec2 = connect(url, { maxAttempts: 1 });
      const call = {
        networkInterfaceId: 'eni-1',
        privateIpAddress: '10.0.2.11',
        allowReassociation: false,
      } as const;
      for (const attempt of [
        () => ec2.associateAddress({ ...call, allocationId: 'eipalloc-1' }),
        () => describeAll(ec2),
      ]) {
        const error = await attempt().catch((e: unknown) => e);
        expect(Ec2CallError.is(error) && isOutcomeUnknown(error)).toBe(true);
        expect(translateEc2Error(error, 'x')).toMatchObject({
          code: 'CloudUnreachable',
          retry: 'now',
        });
      }
    },
  );

  it.each([
    ['nothing', ''],
    ['a page', '<html><body>Sign in</body></html>'],
  ])(
    'a proxy that answers 200 with %s: that is no empty list, and nothing made',
    async (_what, body) => {
      const { url } = await listen((_query, response) => void response.end(body));
      const ec2 = connect(url, { maxAttempts: 1 });
      const networkInterfaceId = 'eni-1';
      for (const attempt of [
        () => ec2.describeAddresses({}),
        () => ec2.describeNetworkInterfaces({}),
        () => ec2.describeRouteTables({}),
        () => ec2.describeSecurityGroups({}),
        () => ec2.describeNetworkAcls({}),
        () => ec2.getManagedPrefixListEntries({ prefixListId: 'pl-1' }),
        () =>
          ec2.createRoute({
            routeTableId: 'rtb-1',
            destinationCidrBlock: '203.0.113.50/32',
            networkInterfaceId,
          }),
        () => ec2.assignIpv6Addresses({ networkInterfaceId, ipv6Addresses: ['2001:db8::1'] }),
      ]) {
        const error = await attempt().catch((e: unknown) => e);
        expect(isOutcomeUnknown(error as Ec2CallError)).toBe(true);
        expect(translateEc2Error(error, 'x')).toMatchObject({
          code: 'CloudUnreachable',
          retry: 'now',
          message: expect.stringContaining('answer has no') as string,
        });
      }
    },
  );

  it('an endpoint that never answers', async () => {
    const { url } = await listen(() => {});
    const attempt = describeAll(connect(url, { maxAttempts: 1, requestTimeoutMs: 60 }));
    await expect(attempt).rejects.toMatchObject({ ec2Code: 'ETIMEDOUT', httpStatus: undefined });
  });

  it('a caller that aborts gets its own reason, not an Ec2CallError', async () => {
    const stop = new AbortController();
    const { url } = await listen(() => stop.abort());
    const attempt = connect(url).describeAddresses({}, { signal: stop.signal });
    await expect(attempt).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('an answer that lacks what EC2 always gives', async () => {
    const { url } = await listen(
      answering(() => '<addressesSet><item><publicIp>203.0.113.1</publicIp></item></addressesSet>'),
    );
    await expect(describeAll(connect(url))).rejects.toThrow(/no AllocationId/);
  });
});
