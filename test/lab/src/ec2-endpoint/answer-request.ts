import type { SimulatedEc2 } from '@truetuple/core/testing';
import { actionsByName } from './actions.ts';
import { readCredentialScope } from './credential-scope.ts';
import { encodeXml } from './encode-xml.ts';
import { formTree, type FormBranch } from './form-tree.ts';
import { parseForm } from './parse-form.ts';
import { httpStatusOf, refuse } from './refusal.ts';

/** The version of EC2's API that @aws-sdk/client-ec2 speaks. */
const apiVersion = '2016-11-15';
const namespace = `http://ec2.amazonaws.com/doc/${apiVersion}/`;

export interface Ec2Request {
  readonly requestId: string;
  readonly authorization: string | undefined;
  readonly body: Uint8Array;
}

/** `lost`: the call was carried out, and its answer must never come. */
export type Ec2Answer =
  | { readonly kind: 'answer'; readonly status: number; readonly xml: string }
  | { readonly kind: 'lost' };

/** Answers one request of EC2's query protocol, from the simulator whose region it is signed for. */
export async function answerRequest(
  regions: ReadonlyMap<string, SimulatedEc2>,
  request: Ec2Request,
): Promise<Ec2Answer> {
  const { requestId } = request;
  try {
    const ec2 = regionOf(regions, request.authorization);
    const { name, parameters } = readAction(request.body);
    const run = actionsByName.get(name);
    if (run === undefined) {
      return refuse('InvalidAction', `The action ${name} is not valid for this web service.`);
    }
    const fields = await run(ec2, parameters);
    const xml = encodeXml(`${name}Response`, { requestId, ...fields }, namespace);
    return { kind: 'answer', status: 200, xml };
  } catch (error) {
    return answerError(error, requestId);
  }
}

function regionOf(
  regions: ReadonlyMap<string, SimulatedEc2>,
  authorization: string | undefined,
): SimulatedEc2 {
  const { region } = readCredentialScope(authorization);
  return (
    regions.get(region) ??
    refuse('AuthFailure', `Credential should be scoped to a valid region, not '${region}'.`)
  );
}

function readAction(body: Uint8Array): { name: string; parameters: FormBranch } {
  const form = parseForm(body);
  const name = form.get('Action');
  const version = form.get('Version');
  if (name === undefined) {
    return refuse('MissingAction', 'The request must contain the parameter Action');
  }
  if (version !== apiVersion) {
    return refuse('NoSuchVersion', `Version ${version ?? '(none)'} is not ${apiVersion}.`);
  }
  const rest = [...form].filter(([key]) => key !== 'Action' && key !== 'Version');
  return { name, parameters: formTree(new Map(rest)) };
}

function answerError(error: unknown, requestId: string): Ec2Answer {
  if (!isRefusal(error)) {
    const message = error instanceof Error ? error.message : String(error);
    return errorAnswer({ code: 'InternalError', message, requestId });
  }
  const { ec2Code: code, httpStatus, message } = error;
  if (httpStatus === undefined) return { kind: 'lost' };
  return errorAnswer({ code, message, requestId, status: httpStatus });
}

/** Ours, or the simulator's Ec2CallError, which has no status when the answer is lost. */
function isRefusal(
  error: unknown,
): error is Error & { readonly ec2Code: string; readonly httpStatus: number | undefined } {
  return error instanceof Error && 'ec2Code' in error && typeof error.ec2Code === 'string';
}

interface ErrorContent {
  readonly code: string;
  readonly message: string;
  readonly requestId: string;
  readonly status?: number;
}

/** An error document, which has no namespace in EC2's protocol. */
export function errorAnswer(error: ErrorContent): Ec2Answer & { kind: 'answer' } {
  const { code, message, requestId } = error;
  const xml = encodeXml('Response', {
    Errors: { Error: { Code: code, Message: message } },
    RequestID: requestId,
  });
  return { kind: 'answer', status: error.status ?? httpStatusOf(code), xml };
}
