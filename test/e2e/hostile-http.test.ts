import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { httpRegionName, openHttpRegion, type HttpRegion } from './http-region.ts';

let region: HttpRegion;
beforeEach(async () => {
  region = await openHttpRegion();
});
afterEach(async () => {
  const { calls } = region.ec2;
  await region[Symbol.asyncDispose]();
  expect(calls.count(), 'nothing hostile reached the simulator').toBe(0);
});

const signed = `AWS4-HMAC-SHA256 Credential=AK/20260101/${httpRegionName}/ec2/aws4_request, SignedHeaders=host, Signature=00`;

async function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = { authorization: signed },
): Promise<{ status: number; code: string | undefined; message: string | undefined }> {
  const answer = await fetch(region.url, { method: 'POST', body, headers });
  const xml = await answer.text();
  expect(xml).toMatch(/<RequestID>[0-9a-f-]{36}<\/RequestID><\/Response>$/);
  const code = /<Code>(.*)<\/Code>/.exec(xml)?.[1];
  const message = /<Message>(.*)<\/Message>/s.exec(xml)?.[1];
  return { status: answer.status, code, message };
}

const query = 'Action=DescribeAddresses&Version=2016-11-15';

describe('requests that no SDK sends', () => {
  test.each([
    ['nothing at all', '', 'MissingAction'],
    ['no action', 'Version=2016-11-15', 'MissingAction'],
    ['no version', 'Action=DescribeAddresses', 'NoSuchVersion'],
    ['another version', 'Action=DescribeAddresses&Version=2009-01-01', 'NoSuchVersion'],
    ['an unknown action', 'Action=TerminateEverything&Version=2016-11-15', 'InvalidAction'],
    ['an action named like a property', 'Action=__proto__&Version=2016-11-15', 'InvalidAction'],
    ['an action as a list', 'Action.1=DescribeAddresses&Version=2016-11-15', 'MissingAction'],
    ['a wrong escape', `${query}&AllocationId.1=%GG`, 'MalformedQueryString'],
    ['escaped bytes that are not UTF-8', `${query}&AllocationId.1=%C3%28`, 'MalformedQueryString'],
    ['a NUL character', `${query}&AllocationId.1=%00`, 'InvalidCharacter'],
    ['a parameter twice', `${query}&DryRun=true&DryRun=false`, 'InvalidQueryParameter'],
    ['an unknown parameter', `${query}&__proto__.1=x`, 'UnknownParameter'],
    ['a list index that is none', `${query}&AllocationId.first=x`, 'UnknownParameter'],
    ['a negative list index', `${query}&AllocationId.-1=x`, 'UnknownParameter'],
    ['a list that is a value', `${query}&AllocationId=x`, 'InvalidParameterValue'],
    ['a boolean that is none', `${query}&DryRun=maybe`, 'InvalidParameterValue'],
    ['a filter without values', `${query}&Filter.1.Name=domain`, 'MissingParameter'],
    ['a filter with a hole for a name', `${query}&Filter.2.Value.1=x`, 'MissingParameter'],
  ])('%s', async (_, body, code) => {
    expect(await post(body)).toMatchObject({ status: 400, code });
  });

  test('bytes that are not UTF-8', async () => {
    const body = new Uint8Array([...new TextEncoder().encode(`${query}&DryRun=`), 0xff]);
    expect(await post(body)).toMatchObject({ status: 400, code: 'MalformedQueryString' });
  });

  test('what was sent comes back escaped', async () => {
    const { message } = await post('Action=%3Cb%3E%26&Version=2016-11-15');
    expect(message).toContain('&lt;b&gt;&amp;');
  });

  test('ten thousand parameters', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => `AllocationId.${index + 1}=x`);
    expect(await post(`${query}&${many.join('&')}`)).toMatchObject({
      status: 400,
      code: 'InvalidQueryParameter',
    });
  });

  test('no signature, a broken one, another service', async () => {
    expect(await post(query, {})).toMatchObject({
      status: 403,
      code: 'MissingAuthenticationToken',
    });
    expect(await post(query, { authorization: 'AWS4-HMAC-SHA256 nonsense' })).toMatchObject({
      status: 400,
      code: 'IncompleteSignature',
    });
    const other = { authorization: signed.replace('/ec2/', '/s3/') };
    expect(await post(query, other)).toMatchObject({ status: 401, code: 'AuthFailure' });
  });

  test('another method', async () => {
    const answer = await fetch(`${region.url}/?${query}`);
    expect(answer.status).toBe(405);
    expect(await answer.text()).toContain('<Code>InvalidHttpMethod</Code>');
  });
});

describe('bodies beyond bounds', () => {
  test('an oversized body is refused before it is parsed', async () => {
    const body = `${query}&DryRun=${'x'.repeat(600 * 1024)}`;
    expect(await post(body)).toMatchObject({ status: 413, code: 'RequestEntityTooLarge' });
  });

  test('so is one without a length, while it is still being sent', async () => {
    const { hostname, port } = new URL(region.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(
      `POST / HTTP/1.1\r\nHost: x\r\nAuthorization: ${signed}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    for (let sent = 0; sent < 10; sent++) socket.write(chunk);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString('utf8')).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  test('a client that goes away in the middle harms nobody else', async () => {
    const { hostname, port } = new URL(region.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nAction=');
    socket.destroy();
    await once(socket, 'close');
    expect(await post('')).toMatchObject({ code: 'MissingAction' });
  });
});
