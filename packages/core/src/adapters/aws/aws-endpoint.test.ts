import { expect, it } from 'vitest';
import { awsEndpoint } from './aws-endpoint.ts';

const own = { AWS_ENDPOINT_URL_EC2: 'http://10.0.0.1:1', AWS_ENDPOINT_URL: 'http://10.0.0.2:2' };

it.each([
  ['ec2', {}, 'https://ec2.eu-central-1.amazonaws.com/'],
  ['sts', {}, 'https://sts.eu-central-1.amazonaws.com/'],
  ['ec2', own, 'http://10.0.0.1:1/'],
  ['sts', own, 'http://10.0.0.2:2/'],
  ['ec2', { AWS_ENDPOINT_URL_EC2: '' }, 'https://ec2.eu-central-1.amazonaws.com/'],
  [
    'ec2',
    { ...own, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
    'https://ec2.eu-central-1.amazonaws.com/',
  ],
] as const)('%s with %j', (service, environment, url) => {
  expect(awsEndpoint(service, 'eu-central-1', environment).href).toBe(url);
});
