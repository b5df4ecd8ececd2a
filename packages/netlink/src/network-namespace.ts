/** A network namespace held open by a descriptor. */
export interface NetworkNamespace extends Disposable {
  readonly fd: number;
  /**
   * A path that other processes can open while this one holds the namespace:
   * `/run/netns/<name>`, or `/proc/<pid>/fd/<fd>` for an anonymous one (`nsenter --net=<path>`).
   */
  readonly path: string;
  /** Its name under /run/netns, when it has one. */
  readonly name?: string;
  /** The namespace's identity: the inode that `ls -L -i` shows; equal for equal namespaces. */
  readonly inode: number;
  /** Lets go of the descriptor. An anonymous namespace ends with its last holder. */
  close(): void;
  /**
   * Opens a file as a thread inside the namespace sees it: `/proc/sys/net/...`, and `/proc/net/...`
   * (read as `/proc/thread-self/net/...`). `/sys/class/net` is not covered: it shows the namespace
   * of whoever mounted it. The caller closes the descriptor with `fs.closeSync`.
   */
  openFile(path: string, flags?: 'r' | 'w' | 'rw'): number;
  readFile(path: string): string;
  writeFile(path: string, text: string): void;
}

/** How a namespace is named to a function: the object, a path such as `/run/netns/a`, or a descriptor. */
export type NetnsReference = NetworkNamespace | string | number;
