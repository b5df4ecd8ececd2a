import { ec2ApiContract } from './ec2-api-contract.ts';
import { httpBench } from './http-bench.ts';

ec2ApiContract('over HTTP through the AWS SDK', httpBench({ maxAttempts: 3 }));
