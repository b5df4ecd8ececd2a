// The peer: the SDK as it is installed, one call, nothing else.
import { DescribeAddressesCommand, EC2Client } from '@aws-sdk/client-ec2';

const [region = '', endpoint = '', accessKeyId = '', secretAccessKey = ''] = process.argv.slice(2);
const client = new EC2Client({ region, endpoint, credentials: { accessKeyId, secretAccessKey } });
await client.send(new DescribeAddressesCommand({}));
