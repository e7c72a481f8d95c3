// The debug adapter alone, for editors other than VS Code: the Debug Adapter Protocol on standard input and output, or with
// `--port N` for one client after another on a local TCP port.

import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import type { DebugHost } from '../debug/host';
import { loadRun } from '../debug/load';
import { HptDebugSession } from '../debug/session';
import { nodeDecompressors } from '../platform/node/decoders';
import { nodeFiles } from '../platform/node/files';
import { type Command, EXIT_GOOD, EXIT_TROUBLE, UsageError } from './command';

/** A host over the local disk. */
function diskHost(): DebugHost {
  return {
    load: (program, control, wanted) => {
      const folder = dirname(program);
      const from = {
        files: nodeFiles(folder),
        decompressors: nodeDecompressors,
        pathOf: (name: string) => join(folder, name),
      };
      return loadRun(basename(program), from, control, wanted);
    },
    readText: async (path) => new TextDecoder().decode(await nodeFiles(dirname(path)).read(basename(path))),
    onLoaded: () => {},
    onMoved: () => {},
    onEnded: () => {},
  };
}

export const debugAdapterCommand: Command = {
  name: 'debug-adapter',
  usage: 'debug-adapter [--port N]',
  summary: 'speaks the Debug Adapter Protocol, on standard input and output or on a local TCP port',
  async run(args, { problem }) {
    const [option, value = '', ...rest] = args;
    if (option === undefined) return onStreams();
    if (option !== '--port') throw new UsageError(`unknown option ${option}`);
    const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
    if (rest.length > 0 || !(port <= 65535)) throw new UsageError('expected one number behind --port, up to 65535');
    return onPort(port, problem);
  },
};

/** One session, over when its input ends. */
function onStreams(): Promise<number> {
  const session = new HptDebugSession(diskHost());
  session.setRunAsServer(true);
  session.start(process.stdin, process.stdout);
  return new Promise((resolve) => process.stdin.once('end', () => resolve(EXIT_GOOD)));
}

/** Serves clients until the process is ended. */
function onPort(port: number, problem: (text: string) => void): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      const session = new HptDebugSession(diskHost());
      session.setRunAsServer(true);
      session.start(socket, socket);
    });
    server.on('error', (error) => {
      problem(`port ${port}: ${error.message}`);
      resolve(EXIT_TROUBLE);
    });
    server.listen(port, '127.0.0.1');
  });
}
