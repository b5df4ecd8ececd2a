import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readConfig } from './config/config.ts';

const page = readFileSync(new URL('../../../docs/pod.md', import.meta.url), 'utf8');
const [, yaml = ''] = /```yaml\n(.*?)```/su.exec(page) ?? [];
const documents = parseAllDocuments(yaml).map((document) => {
  expect(document.errors).toEqual([]);
  return document.toJS() as unknown;
});

function ofKind<Schema extends v.GenericSchema>(
  kind: string,
  schema: Schema,
): v.InferOutput<Schema> {
  const one = v.object({ kind: v.literal(kind) });
  return v.parse(
    schema,
    documents.find((document) => v.is(one, document)),
  );
}

const named = v.object({ name: v.string() });
const container = v.object({
  args: v.array(v.string()),
  env: v.array(
    v.object({
      name: v.string(),
      valueFrom: v.object({ fieldRef: v.record(v.string(), v.string()) }),
    }),
  ),
  securityContext: v.record(v.string(), v.unknown()),
  volumeMounts: v.array(v.object({ name: v.string(), mountPath: v.string() })),
});
const pod = ofKind(
  'Pod',
  v.object({
    metadata: v.object({ annotations: v.record(v.string(), v.string()) }),
    spec: v.object({
      serviceAccountName: v.string(),
      terminationGracePeriodSeconds: v.number(),
      containers: v.tuple([container]),
      volumes: v.array(v.looseObject({ name: v.string() })),
    }),
  }),
);
const [gateway] = pod.spec.containers;
const attachment = ofKind(
  'NetworkAttachmentDefinition',
  v.object({ metadata: named, spec: v.object({ config: v.string() }) }),
);
const { data } = ofKind(
  'ConfigMap',
  v.object({ metadata: named, data: v.object({ 'gateway.yaml': v.string() }) }),
);
const config = readConfig(data['gateway.yaml'], 'gateway.yaml');

it('check-config takes the configuration on the page, its identity spec included', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'truetuple-pod-'));
  try {
    const file = join(folder, 'gateway.yaml');
    await writeFile(file, data['gateway.yaml']);
    const program = fileURLToPath(new URL('bin.ts', import.meta.url));
    const args = ['-C', 'truetuple-source', program, 'check-config', file];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toBe(`${file}: fine\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 30_000);

it('the parts of the owner that come from files, net1 and the identity file are where they are looked for', () => {
  if (config.identity.kind !== 'ensure') throw new Error('the page ensures');
  const owner = v.parse(v.record(v.string(), v.unknown()), config.identity.spec['owner']);
  const files = Object.values(owner).flatMap((part) =>
    v.is(v.object({ file: v.string() }), part) ? [part.file] : [],
  );
  const { items } = v.parse(
    v.object({ items: v.array(v.object({ path: v.string() })) }),
    pod.spec.volumes.find(({ name }) => name === 'podinfo')?.['downwardAPI'],
  );
  expect(items.map(({ path }) => `/etc/podinfo/${path}`)).toEqual(files);
  expect(gateway.volumeMounts.map(({ mountPath }) => mountPath)).toContain('/run/truetuple');
  const [network] = v.parse(
    v.pipe(
      v.string(),
      v.parseJson(),
      v.array(v.object({ name: v.string(), interface: v.string() })),
    ),
    pod.metadata.annotations['k8s.v1.cni.cncf.io/networks'],
  );
  expect(network).toEqual({ name: attachment.metadata.name, interface: 'net1' });
});

it('the pod has the rights that it needs, and the time to give its identity back', () => {
  expect(gateway.securityContext).toMatchObject({
    runAsUser: 0,
    capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
  });
  expect(pod.spec.terminationGracePeriodSeconds).toBe(config.drain.deadlineMs / 1000 + 15);
  expect(gateway.env.map(({ valueFrom }) => valueFrom.fieldRef['fieldPath'])).toEqual([
    'metadata.name',
    'metadata.namespace',
    'metadata.uid',
  ]);
});

it('what the pod names is on the page, or in the pod', () => {
  expect(ofKind('ServiceAccount', v.object({ metadata: named })).metadata.name).toBe(
    pod.spec.serviceAccountName,
  );
  const volumes = pod.spec.volumes.map(({ name }) => name);
  for (const { name } of gateway.volumeMounts) expect(volumes).toContain(name);
  expect(gateway.args).toContain('/etc/gateway/gateway.yaml');
  expect(JSON.parse(attachment.spec.config)).toMatchObject({
    type: 'ipvlan',
    mode: 'l2',
    master: 'eth1',
  });
});
