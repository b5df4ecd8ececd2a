import type { Plugin } from 'esbuild';

/** Where the SDK looks for credentials on a person's machine: a profile, SSO, `aws login`, a program. */
const ofPersons = /^@aws-sdk\/credential-provider-(?:ini|sso|login|process)$/;
/** EC2 has no operation that streams events; browsers are told apart by bowser. */
const ofOthers = /^(?:@smithy\/core\/event-streams|bowser)$/;
/** The SDK tells its version; all else in there is for package managers. */
const manifest = /[\\/]node_modules[\\/]@aws-sdk[\\/].*[\\/]package\.json$/;

/** What is asked for whether it is needed or not, and what stands in its place: by the end of what is imported. */
const standIns: readonly { readonly filter: RegExp; readonly contents: string }[] = [
  {
    // what a Lambda function knows of the call that it runs for: a pod is none
    filter: /^@aws\/lambda-invoke-store$/,
    contents: 'export const InvokeStore = { getInstanceAsync: async () => undefined };',
  },
  {
    // SHA-256 in JavaScript, for where there is no node:crypto, and with it no TLS
    filter: /^\.\/Sha256Js$/,
    contents: throwing('Sha256Js'),
  },
  {
    // headers of streamed events
    filter: /^\.\/HeaderFormatter$/,
    contents: `export class HeaderFormatter { format() { ${refusal('HeaderFormatter')} } }`,
  },
  {
    // names of buckets, for S3
    filter: /[\\/]service-customizations$/,
    contents: throwing('resolveParamsForS3'),
  },
];

/** What no pod uses of the SDK: what is left out throws when it is loaded, or used, and says so. */
export const leaveOut: Plugin = {
  name: 'leave-out',
  setup: (build) => {
    for (const filter of [ofPersons, ofOthers]) {
      build.onResolve({ filter }, ({ path }) => ({ path, namespace: 'left-out' }));
    }
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: refusal(path),
    }));
    for (const { filter, contents } of standIns) {
      build.onResolve({ filter }, ({ path, importer }) =>
        /[\\/]dist-es[\\/]/.test(importer)
          ? { path, namespace: 'stand-in', pluginData: contents, sideEffects: false }
          : undefined,
      );
    }
    build.onLoad({ filter: /.*/, namespace: 'stand-in' }, ({ pluginData }) => ({
      contents: pluginData as string,
    }));
    build.onLoad({ filter: manifest }, async ({ path }) => {
      const { default: all } = (await import(path, { with: { type: 'json' } })) as {
        readonly default: { readonly name: string; readonly version: string };
      };
      const { name, version } = all;
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    });
  },
};

function throwing(name: string): string {
  return `export function ${name}() { ${refusal(name)} }`;
}

function refusal(what: string): string {
  return `throw new Error(${JSON.stringify(`${what} was left out of this bundle`)});`;
}
