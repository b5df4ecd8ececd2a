import type { AppConnection } from './app-connection.ts';

/** The applications that have shown the secret, and which of them takes a new request. */
export class AppDirectory {
  readonly #apps: Set<AppConnection> = new Set<AppConnection>();
  #turn = 0;

  get size(): number {
    return this.#apps.size;
  }

  add(app: AppConnection): void {
    this.#apps.add(app);
  }

  remove(app: AppConnection): void {
    this.#apps.delete(app);
  }

  /** Whether any of them takes this method; nobody's turn. */
  takes(method: string): boolean {
    return [...this.#apps].some((app) => app.takesAll || app.verbs.has(method));
  }

  /** One after the other, of those that take this method. */
  pick(method: string): AppConnection | undefined {
    const takers = [...this.#apps].filter((app) => app.takesAll || app.verbs.has(method));
    this.#turn += 1;
    return takers[this.#turn % Math.max(1, takers.length)];
  }

  /** Methods that somebody takes, for Allow. */
  verbs(): string[] {
    const verbs = [...this.#apps].flatMap((app) => [...app.verbs]);
    return [...new Set(verbs)].filter((verb) => !verb.includes(':'));
  }
}
