import { refuse } from './refusal.ts';

/** The credential scope of a request signed with Signature Version 4. */
export interface CredentialScope {
  readonly accessKeyId: string;
  readonly region: string;
}

const algorithm = 'AWS4-HMAC-SHA256';

/**
 * Reads the Authorization header of Signature Version 4: `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
 * The signature is not checked, only that there is one: anybody who reaches the endpoint may use it.
 */
export function readCredentialScope(authorization: string | undefined): CredentialScope {
  if (authorization === undefined) {
    return refuse('MissingAuthenticationToken', 'The request has no Authorization header.');
  }
  const [scheme, ...rest] = authorization.split(' ');
  const fields = new Map(rest.join('').split(',').map(splitField));
  if (scheme !== algorithm || !fields.get('Signature') || !fields.get('SignedHeaders')) {
    return refuse('IncompleteSignature', `The Authorization header is not one of ${algorithm}.`);
  }
  const parts = (fields.get('Credential') ?? '').split('/');
  const [accessKeyId, date, region, service, terminator] = parts;
  if (parts.length !== 5 || !accessKeyId || !date || !region || terminator !== 'aws4_request') {
    return refuse(
      'IncompleteSignature',
      'Credential must have five parts: key id, date, region, service, aws4_request.',
    );
  }
  if (service !== 'ec2') {
    return refuse('AuthFailure', `Credential should be scoped to service 'ec2', not '${service}'.`);
  }
  return { accessKeyId, region };
}

function splitField(field: string): [string, string] {
  const at = field.indexOf('=');
  return [field.slice(0, at), field.slice(at + 1)];
}
