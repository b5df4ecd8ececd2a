export { FakeKernel } from './fake-kernel/fake-kernel.ts';
export type { FakeLinkSetup, KernelFault, StepHook } from './fake-kernel/fake-kernel.ts';
export { FakeNode } from './fake-kernel/fake-node.ts';
export { fakePod, type FakePodSetup } from './fake-kernel/fake-pod.ts';
export type { FakeLink, FakeRoute, FakeWorld } from './fake-kernel/fake-world.ts';
