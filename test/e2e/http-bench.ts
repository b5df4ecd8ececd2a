import { sdkEc2Api } from '@truetuple/core';
import { SimulatedEc2 } from '@truetuple/core/testing';
import { startEc2Endpoint } from '../lab/src/ec2-endpoint/start-ec2-endpoint.ts';
import type { MakeBench } from './claims-suite.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-secret' };

/** A simulated region behind HTTP on loopback, reached as in production: by core's adapter over the SDK. */
export function httpBench(tries: { readonly maxAttempts: number }): MakeBench {
  return async (options) => {
    const simulated = new SimulatedEc2(options);
    const endpoint = await startEc2Endpoint({
      ec2: simulated,
      listen: { host: '127.0.0.1', port: 0 },
    });
    const { region } = options;
    const ec2 = sdkEc2Api({ region, endpoint: endpoint.url, credentials, ...tries });
    return { simulated, ec2, close: () => endpoint.close() };
  };
}
