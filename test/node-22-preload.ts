// What netlink's tests use and Node 22 has not: `using` in programs that it runs from TypeScript, and
// DisposableStack. The package itself needs neither: it is compiled for ES2023. Loaded by --import.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith('file:') || !/\.m?ts(?:\?|$)/.test(url)) return nextLoad(url, context);
    const written = readFileSync(fileURLToPath(url), 'utf8');
    if (!/\busing \w+ =/.test(written)) return nextLoad(url, context);
    const { code } = transformSync(written, { loader: 'ts', target: 'node22' });
    return { format: 'module', source: code, shortCircuit: true };
  },
});

type Disposal = () => unknown;

/** The last first, as the standard has it; the first error ends it. */
class Stack {
  #disposals: Disposal[] = [];

  use<T extends Partial<AsyncDisposable & Disposable>>(value: T): T {
    const dispose = value[Symbol.asyncDispose] ?? value[Symbol.dispose];
    if (dispose !== undefined) this.defer(() => dispose.call(value));
    return value;
  }

  defer(disposal: Disposal): void {
    this.#disposals.push(disposal);
  }

  adopt<T>(value: T, disposal: (value: T) => unknown): T {
    this.defer(() => disposal(value));
    return value;
  }

  move(): this {
    const moved = new (this.constructor as new () => this)();
    for (const disposal of this.spend().toReversed()) moved.defer(disposal);
    return moved;
  }

  spend(): Disposal[] {
    return this.#disposals.splice(0).toReversed();
  }
}

class SyncStack extends Stack {
  dispose(): void {
    for (const disposal of this.spend()) disposal();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

class AsyncStack extends Stack {
  async disposeAsync(): Promise<void> {
    for (const disposal of this.spend()) await disposal();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disposeAsync();
  }
}

Object.assign(globalThis, { DisposableStack: SyncStack, AsyncDisposableStack: AsyncStack });
